// Google rejects what uses a grant too soon, so each stage of an apply waits for the grants before it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { worldBefore, type Example } from './example';
import { apply, onStage, type Setting } from './lifecycle';
import { expectRefusal } from './refusals';
import type { Workspace } from './workspace';

const KEY = 'projects/vendor-keys/locations/us-central1/keyRings/release/cryptoKeys/relay';
const PROPAGATION = 90_000;
/** What each wait is in front of, and whose grant Google rejects without it. */
const STAGES: readonly (readonly [target: string, role: string])[] = [
  ['google_pubsub_topic.relay', 'roles/cloudkms.cryptoKeyEncrypterDecrypter'],
  ['google_storage_notification.object_changes', 'roles/pubsub.publisher'],
  ['google_pubsub_subscription.release_events_table', 'roles/bigquery.dataEditor'],
  ['module.copy_artifact', 'roles/storage.objectViewer'],
];
/** Changes for which Terraform replaces what grants are on, so that the grants are new. */
const OTHER_KEY = KEY.replace(/relay$/, 'other');
const RENEWALS: readonly (readonly [what: string, variables: object, waits: readonly string[]])[] =
  [
    ['another prefix', { name_prefix: 'new' }, ['functions', 'notifications[0]']],
    ['another key', { kms: { key: OTHER_KEY } }, ['key[0]', 'functions']],
    ['another region', { region: 'europe-west1' }, ['functions']],
  ];
const RULES = `
targets:
  acme: { repository: us-docker.pkg.dev/acme-prod/vendor, bucket: 'gs://acme-models' }
rules:
  - { name: images, source: us-docker.pkg.dev/vendor/releases, tags: { semver: '*' }, targets: [acme] }
  - { name: models, source: 'gs://vendor-objects/released', targets: [acme] }
`;

/**
 * Applies each stage without a wait, by a clock that stands still, and again once the grants have taken effect.
 * @throws {Error} unless Google rejects the first and takes the second
 */
export async function needWaits(setting: Setting): Promise<void> {
  const rules = { file: 'rules.yaml', text: RULES };
  const example: Example = { name: 'waits', folder: 'infra', rules };
  let time = 0;
  const world = worldBefore(setting.root, example, {
    propagation: PROPAGATION,
    now: () => time,
  });
  for (const name of [KEY, OTHER_KEY]) {
    world.resources.set(`//cloudkms.googleapis.com/${name}`, { name });
  }
  await onStage(setting, example, world, async ({ workspace, step }) => {
    const set = (more: object): void => {
      const variables = {
        kms: { key: KEY },
        release_events: { bigquery: { location: 'US' } },
        ...more,
      };
      const file = join(workspace.path, example.folder, 'waits.auto.tfvars.json');
      writeFileSync(file, JSON.stringify(variables));
    };
    set({});
    workspace.override({ grant_propagation: '0s' });
    await workspace.terraform('init');
    await workspace.pack(RULES);
    for (const [target, role] of STAGES) {
      await step(`${target} at once, and later`, async () => {
        const applied = apply(workspace, `-target=module.vendor.${target}`);
        await expectRefusal(applied, new RegExp(`${role} of \\S+ on \\S+ is too new`));
        time += PROPAGATION;
        return await apply(workspace, `-target=module.vendor.${target}`);
      });
    }
    for (const [what, variables, waits] of RENEWALS) {
      await step(`${what} renews the waits`, async () => {
        set(variables);
        const replaced = await replacedBy(workspace);
        const kept = waits.filter((wait) => !replaced.includes(`module.vendor.time_sleep.${wait}`));
        if (kept.length > 0) throw new Error(`Not renewed: ${kept.join(', ')}`);
        return waits.join(', ');
      });
    }
  });
}

/** The addresses of all that a plan replaces. */
async function replacedBy({ terraform }: Workspace): Promise<readonly string[]> {
  await terraform('plan', '-out=changed');
  const { resource_changes: changes } = JSON.parse(await terraform('show', '-json', 'changed')) as {
    resource_changes: readonly { address: string; change: { actions: readonly string[] } }[];
  };
  return changes
    .filter(({ change }) => ['create', 'delete'].every((action) => change.actions.includes(action)))
    .map(({ address }) => address);
}
