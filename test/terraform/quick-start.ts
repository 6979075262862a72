// docs/deploy.md's quick start, from the files that it writes to the end of what it makes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { snapshot } from '../google-apis/world';
import { worldBefore, type Example } from './example';
import { apply, onStage, planNothing, type Setting } from './lifecycle';
import { expectSame } from './expectations';

/** As in infra/terraform.tfvars.example. */
const PROJECT = 'vendor';
const REGION = 'us-central1';

/** Follows the quick start in a new project. @throws {Error} unless it deploys, prints the customer's grants, and undoes all */
export async function followQuickStart(setting: Setting): Promise<void> {
  const text = quickStart(setting.root);
  const rules = {
    file: 'rules.yaml',
    text: filled(/^cat >rules\.yaml <<END\n([^]*?)^END$/m, text),
  };
  const example: Example = { name: 'quick start', folder: 'infra', rules };
  const world = worldBefore(setting.root, example);
  const before = snapshot(world);
  await onStage(setting, example, world, async ({ workspace, step }) => {
    const variables = filled(/^printf '(project_id.*)' "\$PROJECT" "\$REGION" >/m, text);
    const file = join(workspace.path, 'infra', 'terraform.tfvars');
    writeFileSync(
      file,
      variables.replaceAll('\\n', '\n').replace('%s', PROJECT).replace('%s', REGION),
    );
    await workspace.pack(rules.text);
    await workspace.terraform('init');
    await step('apply', () => apply(workspace));
    await step('plan again', () => planNothing(workspace));
    await step('customer grants', async () => {
      const [, name = ''] =
        /output -json customer_grants \| jq -r \.(\w+) \| bash/.exec(text) ?? [];
      const printed = await workspace.terraform('output', '-json', 'customer_grants');
      const grants = (JSON.parse(printed) as Record<string, string>)[name] ?? '';
      const count = grants.match(
        /^gcloud artifacts repositories add-iam-policy-binding customer /gm,
      );
      if (count?.length !== 2) throw new Error(`Not two grants for ${name}:\n${grants}`);
      return 'two commands';
    });
    await step('undo', async () => {
      const [, unprotect = ''] =
        /^terraform -chdir=infra apply (\S+)/m.exec(text.split('undo all')[1]!) ?? [];
      await apply(workspace, unprotect);
      await workspace.terraform('destroy', '-auto-approve');
      expectSame(snapshot(world), before);
      return 'nothing left';
    });
  });
}

function quickStart(root: string): string {
  const text = readFileSync(join(root, 'docs', 'deploy.md'), 'utf8');
  return /^## Quick start\n([^]*?)^### /m.exec(text)![1]!;
}

/** What a command of the text writes, as the shell expands it. */
function filled(pattern: RegExp, text: string): string {
  const [, written] = pattern.exec(text) ?? [];
  if (written === undefined) throw new Error(`The quick start has no ${String(pattern)}.`);
  return written.replaceAll('$PROJECT', PROJECT).replaceAll('$REGION', REGION);
}
