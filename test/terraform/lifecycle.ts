import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Document } from '../google-apis/discovery';
import { serveGoogleApis } from '../google-apis/server';
import { snapshot, type World } from '../google-apis/world';
import { endpointsOf } from './endpoints';
import { sourcesOf, worldBefore, type Example } from './example';
import { expectHeard, expectNothingElse, expectRollout, expectSame } from './expectations';
import { renameRule, withoutLastCustomer, withTwoCustomers } from './rules';
import { createWorkspace, type Workspace } from './workspace';

const PLANS = join('dist', 'terraform-plans');
/** Longer than the stand-in takes to let a grant take effect. */
const WAIT = { grant_propagation: '6s' };

export interface Setting {
  readonly root: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly documents: readonly Document[];
  /** Told of each step that is done, with its seconds. */
  readonly onStep: (example: string, step: string, result: string, seconds: number) => void;
}
export interface Stage {
  readonly workspace: Workspace;
  readonly world: World;
  readonly step: (name: string, work: () => Promise<string>) => Promise<void>;
}

/** Takes one example through its life. @throws {Error} at the first step that is not as it should be */
export async function liveThrough(setting: Setting, example: Example): Promise<void> {
  const { rules } = example;
  const world = worldBefore(setting.root, example);
  await onStage(setting, example, world, async (stage) => {
    await stage.workspace.terraform('init');
    await (rules === undefined
      ? liveAsCustomer(stage, example.name)
      : liveAsVendor(stage, example.name, rules.text));
  });
}

/** Serves a world while the play lasts, and cleans up behind it. */
export async function onStage(
  setting: Setting,
  example: Example,
  world: World,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const apis = await serveGoogleApis(setting.documents, world);
  const environment = { ...setting.environment, ...endpointsOf(apis.url) };
  const workspace = createWorkspace(setting.root, example, environment);
  const step: Stage['step'] = async (name, work) => {
    const start = performance.now();
    const result = await work();
    setting.onStep(example.name, name, result, (performance.now() - start) / 1000);
  };
  if (example.rules !== undefined) workspace.override(WAIT);
  try {
    await play({ workspace, world, step });
  } finally {
    await apis.close();
    workspace.remove();
  }
}

async function liveAsVendor(
  { workspace, world, step }: Stage,
  name: string,
  rules: string,
): Promise<void> {
  const before = snapshot(world);
  await step('apply', async () => {
    await workspace.pack(rules);
    const result = await applyFirst(workspace, name);
    for (const source of sourcesOf(rules)) expectHeard(world, source);
    return result;
  });
  await step('plan again', () => planNothing(workspace));

  await step('change a rule', async () => {
    const changes = await changing(world, workspace, renameRule(rules));
    expectRollout(changes, functionsOf(world));
    expectNothingElse(changes, false);
    return 'one object, then every function once, copyArtifact first';
  });

  const two = withTwoCustomers(rules);
  if (two !== rules) {
    await step('add a customer', async () => {
      const changes = await changing(world, workspace, two);
      expectNothingElse(changes, true);
      return `${changes.length} changes`;
    });
  }
  // What protects accounts is Terraform's business alone, so that it changes nothing.
  workspace.override({ ...WAIT, deletion_protection: false });
  await step('take a customer away', async () => {
    const changes = await changing(world, workspace, withoutLastCustomer(two));
    expectRollout(changes, functionsOf(world));
    expectNothingElse(changes, true);
    return `${changes.length} changes, all of them grants or the package`;
  });
  const reduced = snapshot(world);

  await step('destroy', async () => {
    const destroy = (): Promise<string> =>
      workspace.terraform('destroy', '-auto-approve', '-parallelism=30');
    const changes = await changesOf(world, destroy);
    expectSame(snapshot(world), before, GCR_TOPIC);
    if (changes.some(({ name }) => GCR_TOPIC.test(name)))
      throw new Error('A topic gcr was touched.');
    return 'nothing left, gcr untouched';
  });
  await step('apply again', async () => {
    const result = await apply(workspace);
    expectSame(snapshot(world), reduced);
    return `${result}, as before`;
  });
}

const GCR_TOPIC = /\/topics\/gcr$/;

/** Repositories and buckets are the customer's: a destroy takes the vendor's rights, and leaves these. */
async function liveAsCustomer({ workspace, world, step }: Stage, name: string): Promise<void> {
  const before = snapshot(world);
  await step('apply', () => applyFirst(workspace, name));
  await step('plan again', () => planNothing(workspace));
  await step('destroy', async () => {
    await workspace.terraform('destroy', '-auto-approve');
    expectSame(snapshot(world), before, /^\/\/(?:artifactregistry|storage)\.googleapis\.com\//);
    return 'nothing left but what releases are in';
  });
}

/** Leaves the plan of what is made from nothing where scripts/lint-terraform.sh looks at it. */
async function applyFirst(workspace: Workspace, name: string): Promise<string> {
  await workspace.terraform('plan', '-out=first');
  const plan = await workspace.terraform('show', '-json', 'first');
  mkdirSync(PLANS, { recursive: true });
  writeFileSync(join(PLANS, `${name.replace('/', '-')}.json`), plan);
  return await apply(workspace, 'first');
}

/** Much of an apply is waiting for what is told to others: more of that at once. */
export async function apply(workspace: Workspace, ...line: readonly string[]): Promise<string> {
  const output = await workspace.terraform('apply', '-auto-approve', '-parallelism=30', ...line);
  return /Resources: .*/.exec(output)![0];
}

export async function planNothing(
  workspace: Workspace,
  ...line: readonly string[]
): Promise<string> {
  await workspace.terraform('plan', '-detailed-exitcode', ...line);
  return 'No changes';
}

async function changing(
  world: World,
  workspace: Workspace,
  rules: string,
): Promise<World['changes']> {
  await workspace.pack(rules);
  return await changesOf(world, () => apply(workspace));
}

async function changesOf(world: World, work: () => Promise<unknown>): Promise<World['changes']> {
  const start = world.changes.length;
  await work();
  return world.changes.slice(start);
}

function functionsOf({ resources }: World): readonly string[] {
  return [...resources.keys()].filter((name) => /\/functions\/[^/]+$/.test(name));
}
