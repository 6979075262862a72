// A reader of release events keeps its access when its filter changes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../google-apis/world';
import { findExamples, worldBefore } from './example';
import { apply, onStage, planNothing, type Setting } from './lifecycle';

const READER = 'serviceAccount:releases@acme-prod.iam.gserviceaccount.com';
const SUBSCRIPTION = /\/subscriptions\/release-events-acme$/;

/** Gives a customer a subscription, and then another filter, for which it is made anew. @throws {Error} when he reads no more */
export async function keepListeners(setting: Setting): Promise<void> {
  const [infra] = findExamples(setting.root);
  const example = { ...infra!, name: 'listeners' };
  const world = worldBefore(setting.root, example);
  await onStage(setting, example, world, async ({ workspace, step }) => {
    const listen = async (filter: string): Promise<string> => {
      const release_events = {
        pull: [{ name: 'acme', members: [READER], filter }],
        bigquery: { location: 'US' },
      };
      const file = join(workspace.path, example.folder, 'release-events.auto.tfvars.json');
      writeFileSync(file, JSON.stringify({ release_events }));
      const result = await apply(workspace);
      expectReader(world, filter);
      return result;
    };
    await workspace.terraform('init');
    await workspace.pack(example.rules!.text);
    await step('apply', () => listen('attributes.kind = "image"'));
    await step('change a filter', () => listen('attributes.kind = "object"'));
    await step('plan again', () => planNothing(workspace));
  });
}

function expectReader({ resources, policies }: World, filter: string): void {
  const [made] = [...resources].filter(([one]) => SUBSCRIPTION.test(one));
  const reported = JSON.stringify([made, made && policies.get(made[0])]);
  if (made?.[1]['filter'] !== `(${filter})`)
    throw new Error(`Not filtered by ${filter}: ${reported}`);
  if (!reported.includes(READER)) throw new Error(`${READER} may not read: ${reported}`);
}
