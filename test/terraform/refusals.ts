// What Google rejects of a deployment that is not as it should be, the stand-in rejects, too.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../google-apis/discovery';
import type { World } from '../google-apis/world';
import { findExamples, worldBefore } from './example';
import { apply, onStage, type Setting } from './lifecycle';
import type { Workspace } from './workspace';

interface Refusal {
  readonly what: string;
  readonly example: string;
  /** Takes the right thing away. */
  readonly spoil: (world: World, workspace: Workspace) => void;
  readonly target: string;
  readonly message: RegExp;
}

const PERIMETER =
  '//accesscontextmanager.googleapis.com/accessPolicies/123456/servicePerimeters/vendor';
const INGRESS = 'google_access_context_manager_service_perimeter_ingress_policy.main';
const DRY_RUN = 'google_access_context_manager_service_perimeter_dry_run_egress_policy.main';

const REFUSALS: readonly Refusal[] = [
  {
    what: 'more instances than the quota allows',
    example: 'smallest',
    spoil: (_world, { path }) =>
      edit(join(path, 'infra/modules/vendor/variables.tf'), (text) =>
        text.replace(/(max_instances +)= optional\(number, 10\)/, '$1= optional(number, 11)'),
      ),
    target: 'module.copy_artifact',
    message: /For the specified value, maxScale may not exceed 10/,
  },
  {
    what: 'a service that perimeters do not support',
    example: 'behind-perimeters',
    spoil: (_world, { path }) =>
      edit(join(path, 'infra/modules/vendor/perimeter.tf'), (text) =>
        text.replace('local.deployed_services', 'keys(google_project_service.main)'),
      ),
    target: INGRESS,
    message: /'accesscontextmanager\.googleapis\.com' is not supported by VPC Service Controls/,
  },
  {
    what: 'a dry run in a perimeter without use_explicit_dry_run_spec',
    example: 'behind-perimeters',
    spoil: (world) => change(world, PERIMETER, { useExplicitDryRunSpec: false }),
    target: DRY_RUN,
    message: /use_explicit_dry_run_spec must be set to True/,
  },
  {
    what: 'a way into a perimeter that does not list the project',
    example: 'behind-perimeters',
    spoil: (world) => change(world, PERIMETER, { status: {} }),
    target: INGRESS,
    message: /not present in `ServicePerimeterConfig\.resources`/,
  },
  {
    what: 'a grant to an agent that infra/bootstrap.sh has not created',
    example: 'smallest',
    spoil: ({ agents }) => agents.clear(),
    target: 'google_service_account_iam_member.push_token',
    message: /gcp-sa-pubsub\.iam\.gserviceaccount\.com does not exist/,
  },
];

/** Applies what each refusal is about. @throws {Error} unless all of it is rejected, with Google's words */
export async function expectRefusals(setting: Setting): Promise<void> {
  for (const refusal of REFUSALS) {
    const { name, folder, rules } = findExamples(setting.root).find(
      (example) => example.name === refusal.example,
    )!;
    const example = { name: 'refusals', folder, rules: rules! };
    const world = worldBefore(setting.root, example, { propagation: 0 });
    await onStage(setting, example, world, async ({ workspace, step }) => {
      refusal.spoil(world, workspace);
      workspace.override({ grant_propagation: '0s' });
      await workspace.terraform('init');
      await workspace.pack(example.rules.text);
      await step(`${refusal.what}, in ${name}`, async () => {
        const module = /^module "(\w+)"/m.exec(
          readFileSync(join(workspace.path, folder, 'main.tf'), 'utf8'),
        )![1]!;
        const applied = apply(workspace, `-target=module.${module}.${refusal.target}`);
        await expectRefusal(applied, refusal.message);
        return 'rejected';
      });
    });
  }
}

/** @throws {Error} unless an apply fails, and says so */
export async function expectRefusal(applied: Promise<unknown>, message: RegExp): Promise<void> {
  const said = await applied.then(
    () => 'Nothing was rejected.',
    (error: unknown) => String(error),
  );
  // Terraform wraps its lines.
  if (!message.test(said.replaceAll(/\s+/g, ' ')))
    throw new Error(`Not rejected with ${String(message)}:\n${said}`);
}

function edit(file: string, change: (text: string) => string): void {
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`Nothing to spoil in ${file}.`);
  writeFileSync(file, after);
}

function change({ resources }: World, name: string, fields: JsonObject): void {
  resources.set(name, { ...resources.get(name), ...fields });
}
