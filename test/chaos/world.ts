import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRegistry, type Registry } from '../../local/registry/registry';
import type { LogEntry } from '../../local/stack/log-entry';
import { openPubsub, type LocalPubsub } from '../../local/stack/pubsub';
import { deployedSubscriptions, topicName, toPubsubResources } from '../../local/subscriptions';
import { OPERATIONS, troubleRegistry } from './faults';
import { createGateway, type Gateway } from './gateway';
import { planCustomers, REGISTRY_OPTIONS, rulesFor, type CustomerPlan } from './customers';
import { startInstances, type Instances } from './instances';
import { createObserver, type Observer } from './observer';
import { createRandom } from './random';
import type { Held } from './verify';

export const PROJECT = 'chaos';
/** The back-offs and ages of production are divided by this; counts stay. */
const SPEED = 100;
/** Pub/Sub's least. */
const ACK_DEADLINE_SECONDS = 10;
/** A copy's time is not divided: the machine that everything runs on is none of Google's. */
const COPY_TIMEOUT_SECONDS = 20;

const PUSHES_AT_ONCE = 64;

export interface WorldOptions {
  readonly root: string;
  readonly seed: number;
  readonly customers: number;
  /** Share of the operations of every registry that fail. */
  readonly faults: number;
  readonly processes: { readonly 'plan-copies': number; readonly 'copy-artifact': number };
  /** Google's emulator; without it the embedded broker. */
  readonly emulator?: string;
  readonly onLog: (entry: LogEntry) => void;
  readonly onCrash: (error: Error) => void;
}

export interface World {
  /** Takes the vendor's pushes, without faults, and tells the gcr topic of them. */
  readonly backstage: Registry;
  /** The vendor's repository as the rules name it. */
  readonly source: string;
  readonly targets: readonly (Held & CustomerPlan & { readonly host: Registry })[];
  readonly pubsub: LocalPubsub;
  readonly gateway: Gateway;
  readonly instances: Instances;
  readonly observer: Observer;
  /** How many operations of the registries have failed so far. */
  readonly faults: () => number;
  readonly publish: (topic: string, data: string) => Promise<void>;
  /** Resolves when nothing is left to deliver. */
  readonly whenQuiet: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Registries, Pub/Sub and processes, all of them unreliable. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const closers: (() => Promise<unknown>)[] = [];
  const onClose = (closer: () => Promise<unknown>) => closers.unshift(closer);
  const close = async () => {
    for (const closer of closers.splice(0)) await closer();
  };
  try {
    return { ...(await open(options, onClose)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type OnClose = (closer: () => Promise<unknown>) => void;

async function open(options: WorldOptions, onClose: OnClose): Promise<Omit<World, 'close'>> {
  const { seed, emulator } = options;
  const folder = await mkdtemp(join(tmpdir(), 'relay-chaos-'));
  onClose(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const broker = { timeScale: { waits: SPEED }, largestPushWindow: PUSHES_AT_ONCE };
  const pubsub = await openPubsub(PROJECT, emulator, broker);
  onClose(() => pubsub.close());
  process.env['PUBSUB_EMULATOR_HOST'] = pubsub.address;
  onClose(() => Promise.resolve(delete process.env['PUBSUB_EMULATOR_HOST']));
  const publish = (topic: string, data: string) =>
    pubsub.publish(topicName(PROJECT, topic), Buffer.from(data));

  const vendor = await openVendor(folder, (data) => void publish('gcr', data), onClose);
  const observer = createObserver();
  const targets = await openTargets(options, folder, observer, onClose);
  // Before the other faults, the first of which decides: one that only delays would let a request through.
  for (const { role, host } of targets) {
    const answer = { status: 403, errors: [{ code: 'DENIED' }] };
    if (role === 'revoked') host.faults.add({ on: OPERATIONS, answer, times: Infinity });
  }
  const faulty = [vendor.host, ...targets.map(({ host }) => host)];
  const hits = faulty.map((host, at) => troubleRegistry(host, options.faults, seed + 100 * at));

  const source = `${vendor.host.address}/vendor/releases`;
  const rulesFile = join(folder, 'rules.yaml');
  const places = targets.map((target) => ({
    ...target,
    repository: `${target.host.address}/${target.prefix.slice(0, -1)}`,
  }));
  await writeFile(rulesFile, rulesFor(source, places));
  const { root, onLog, onCrash } = options;
  const environment = environmentOf(rulesFile, pubsub.address);
  const counts = options.processes;
  const instances = await startInstances({ root, environment, counts, onLog, onCrash });
  onClose(() => instances.stop());
  const gateway = await createGateway({
    random: createRandom(seed + 1),
    duplicate: 0.1,
    reorder: 0.2,
    upToMs: 300,
    running: instances.running,
  });
  onClose(() => gateway.close());
  await setUp(pubsub, gateway);
  return {
    backstage: vendor.backstage,
    source,
    targets,
    pubsub,
    gateway,
    instances,
    observer,
    publish,
    faults: () => hits.reduce((sum, count) => sum + count(), 0),
    async whenQuiet() {
      // Longer than the longest back-off, so that nothing waits for its turn.
      await gateway.whenQuiet(pubsub.broker ? 1000 : 10_000);
      await pubsub.broker?.whenQuiet();
    },
  };
}

async function setUp(pubsub: LocalPubsub, gateway: Gateway): Promise<void> {
  const { topics, subscriptions } = toPubsubResources(deployedSubscriptions(), {
    project: PROJECT,
    functions: Object.fromEntries(
      Object.values(deployedSubscriptions()).flatMap((settings) =>
        'function' in settings ? [[settings.function, gateway.originOf(settings.function)]] : [],
      ),
    ),
    // The embedded broker divides all that it waits for by itself.
    ...(!pubsub.broker && { speed: SPEED }),
  });
  const quick = subscriptions.map((each) => ({
    ...each,
    ...(!pubsub.broker && { ackDeadlineSeconds: ACK_DEADLINE_SECONDS }),
  }));
  await pubsub.setUp({ topics, subscriptions: quick });
}

/** Two servers of one folder: one that fails, for the functions, and one that does not, for the vendor's own people. */
async function openVendor(
  folder: string,
  announce: (data: string) => void,
  onClose: OnClose,
): Promise<{ host: Registry; backstage: Registry }> {
  const storage = join(folder, 'vendor');
  const host = await createRegistry({ storage });
  onClose(() => host.close());
  const backstage = await createRegistry({
    storage,
    publicName: host.address,
    onMessage: (message) => announce(JSON.stringify(message)),
  });
  onClose(() => backstage.close());
  return { host, backstage };
}

async function openTargets(
  { customers }: WorldOptions,
  folder: string,
  observer: Observer,
  onClose: OnClose,
): Promise<World['targets']> {
  const targets: World['targets'][number][] = [];
  for (const plan of planCustomers(customers)) {
    const storage = join(folder, plan.name);
    const prefix = `${plan.name}/vendor/`;
    const see = observer.watch(plan.name, storage, prefix);
    const host = await createRegistry({
      ...REGISTRY_OPTIONS[plan.role],
      storage,
      onMessage(message) {
        if (message.action !== 'INSERT' || message.tag === undefined) return;
        const [, path = ''] = /^[^/]+\/(.*)$/.exec(message.tag) ?? [];
        const colon = path.lastIndexOf(':');
        const digest = message.digest.slice(message.digest.indexOf('@') + 1);
        see({ repository: path.slice(0, colon), tag: path.slice(colon + 1), digest });
      },
    });
    onClose(() => host.close());
    const mirror = await createRegistry({ ...REGISTRY_OPTIONS[plan.role], storage });
    onClose(() => mirror.close());
    targets.push({ ...plan, host, mirror, prefix });
  }
  return targets;
}

function environmentOf(rulesFile: string, address: string): Record<string, string> {
  return {
    RULES_FILE: rulesFile,
    COPY_JOBS_TOPIC: topicName(PROJECT, 'copy-jobs'),
    COPY_RETRIES_TOPIC: topicName(PROJECT, 'copy-retries'),
    DEAD_LETTER_TOPIC: topicName(PROJECT, 'dead-letters'),
    GRACE_SECONDS: String(600 / SPEED),
    COPY_TIMEOUT_SECONDS: String(COPY_TIMEOUT_SECONDS),
    PUBSUB_EMULATOR_HOST: address,
    METADATA_SERVER_DETECTION: 'none',
  };
}
