// Who applied infra/ before modules/vendor was a module loses nothing by applying what it is now.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { worldBefore, type Example } from './example';
import { apply, onStage, planNothing, type Setting } from './lifecycle';
import { run, type Workspace } from './workspace';

/** The last commit at which infra/ made everything itself, and an example was variables for it. */
const BEFORE = '4c1f8c35302a3629ee8a5674bb79b780c1b3b24e';
/** What a newer version puts another in the place of: docs/upgrade.md says why. */
const REPLACED = [
  /^module\.vendor\.google_storage_bucket_object\.package$/,
  /^module\.vendor\.google_storage_notification\.object_changes\[/,
  /^module\.vendor\.google_pubsub_subscription(?:\.push|_iam_member\.dead_letter)\["object-changes"\]$/,
];

interface Plan {
  readonly resource_changes: readonly {
    readonly address: string;
    readonly change: { readonly actions: readonly string[] };
  }[];
}

/** Whether the clone is deep enough to have what there was before. */
export function hasBefore(root: string): boolean {
  return spawnSync('git', ['cat-file', '-e', `${BEFORE}^{commit}`], { cwd: root }).status === 0;
}

/** Applies an example as it was, and then as it is. @throws {Error} when that would destroy anything */
export async function upgrade(setting: Setting, example: Example): Promise<void> {
  const world = worldBefore(setting.root, example);
  // The root made the topics itself.
  for (const name of world.resources.keys()) {
    if (name.endsWith('/topics/gcr')) world.resources.delete(name);
  }
  const root: Example = { ...example, name: `upgrade of ${example.name}`, folder: 'infra' };
  await onStage(setting, root, world, async ({ workspace, step }) => {
    await step('apply', async () => {
      await workspace.pack(example.rules!.text);
      return await applyBefore(setting.root, workspace, example.name);
    });
    await step('plan the upgrade', async () => {
      takeOver(workspace, example.name);
      return await expectNoDestroy(workspace);
    });
    await step('apply the upgrade', () => apply(workspace));
    await step('plan again', () => planNothing(workspace));
  });
}

async function applyBefore(
  root: string,
  { path, terraformIn }: Workspace,
  name: string,
): Promise<string> {
  const before = join(path, 'before');
  mkdirSync(before);
  const archive = `git archive ${BEFORE} infra | tar -x -C '${before}'`;
  await run('sh', ['-c', archive], root, process.env);
  const terraform = terraformIn('before/infra');
  await terraform('init');
  const output = await terraform(
    'apply',
    '-auto-approve',
    `-var-file=examples/${name}/terraform.tfvars`,
    '-var=package_file=../../dist/registry-relay.zip',
  );
  return /Resources: .*/.exec(output)![0];
}

/** State and variables go on in the new root. */
function takeOver({ path }: Workspace, name: string): void {
  const [before, now] = [join(path, 'before', 'infra'), join(path, 'infra')];
  copyFileSync(join(before, 'terraform.tfstate'), join(now, 'terraform.tfstate'));
  copyFileSync(join(before, 'examples', name, 'terraform.tfvars'), join(now, 'terraform.tfvars'));
}

async function expectNoDestroy({ terraform }: Workspace): Promise<string> {
  await terraform('init');
  await terraform('plan', '-out=upgrade');
  const plan = JSON.parse(await terraform('show', '-json', 'upgrade')) as Plan;
  const destroyed = plan.resource_changes.filter(({ address, change }) => {
    const isReplaced = REPLACED.some((pattern) => pattern.test(address));
    return change.actions.includes('delete') && !(isReplaced && change.actions.includes('create'));
  });
  const names = destroyed.map(({ address }) => `  ${address}`);
  if (names.length > 0) throw new Error(`An upgrade would destroy:\n${names.join('\n')}`);
  return 'nothing is destroyed for good';
}
