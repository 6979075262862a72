// Google rejects what uses a grant too soon, so each stage of an apply waits for the grants before it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { worldBefore, type Example } from './example';
import { apply, onStage, type Setting } from './lifecycle';
import { expectRefusal } from './refusals';

const KEY = 'projects/vendor-keys/locations/us-central1/keyRings/release/cryptoKeys/relay';
const PROPAGATION = 90_000;
/** What each wait is in front of, and whose grant Google rejects without it. */
const STAGES: readonly (readonly [target: string, role: string])[] = [
  ['google_pubsub_topic.relay', 'roles/cloudkms.cryptoKeyEncrypterDecrypter'],
  ['google_storage_notification.object_changes', 'roles/pubsub.publisher'],
  ['google_pubsub_subscription.notices_table', 'roles/bigquery.dataEditor'],
  ['module.copy_artifact', 'roles/storage.objectViewer'],
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
  world.resources.set(`//cloudkms.googleapis.com/${KEY}`, { name: KEY });
  await onStage(setting, example, world, async ({ workspace, step }) => {
    const variables = { kms: { key: KEY }, notices: { bigquery: { location: 'US' } } };
    const file = join(workspace.path, example.folder, 'waits.auto.tfvars.json');
    writeFileSync(file, JSON.stringify(variables));
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
  });
}
