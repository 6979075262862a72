// How long Terraform takes over a deployment of many customers.
import { stringify } from 'yaml';
import { worldBefore, type Example } from './example';
import { apply, onStage, planNothing, type Setting } from './lifecycle';

/** Every customer takes images, and objects of so many folders of one bucket as its own account. */
const FOLDERS = 10;

/** Plans and applies a deployment of so many customers; tells how long each step took. */
export async function scale(setting: Setting, customers: number): Promise<void> {
  const rules = { file: 'infra/examples/smallest/rules.yaml', text: rulesFor(customers) };
  const example: Example = {
    name: `${customers} customers, ${FOLDERS} folders each`,
    folder: 'infra/examples/smallest',
    rules,
  };
  const world = worldBefore(setting.root, example, { propagation: 0 });
  await onStage(setting, example, world, async ({ workspace, step }) => {
    const { terraform } = workspace;
    workspace.override({ grant_propagation: '0s' });
    await terraform('init');
    await step('package', async () => {
      await workspace.pack(rules.text);
      return 'made';
    });
    await step('first plan', async () => {
      return /^Plan: .*/m.exec(await terraform('plan'))![0];
    });
    await step('apply', () => apply(workspace));
    await step('plan without a refresh', () => planNothing(workspace, '-refresh=false'));
    await step('plan with a refresh', () => planNothing(workspace));
  });
}

function rulesFor(customers: number): string {
  const names = Array.from({ length: customers }, (_, index) => {
    return `c${String(index + 1).padStart(4, '0')}`;
  });
  const targets = Object.fromEntries(
    names.map((name) => [
      name,
      {
        repository: `us-docker.pkg.dev/${name}-prod/vendor`,
        bucket: `gs://${name}-prod-models`,
        impersonate: `image-release@${name}-prod.iam.gserviceaccount.com`,
      },
    ]),
  );
  const folders = Array.from({ length: FOLDERS }, (_, index) => ({
    name: `models-${index}`,
    source: `gs://vendor-release-models/folder-${index}`,
    as: `folder-${index}/{object}`,
    targets: ['everyone'],
  }));
  const images = {
    name: 'releases',
    source: 'us-central1-docker.pkg.dev/vendor-release/releases',
    tags: { semver: '*' },
    targets: ['everyone'],
  };
  return stringify({ targets, groups: { everyone: names }, rules: [images, ...folders] });
}
