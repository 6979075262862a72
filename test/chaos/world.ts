import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SubscriptionResource } from '../../local/servers/broker/grpc';
import type { LogEntry } from '../../local/stack/log-entry';
import { openPubsub, type LocalPubsub } from '../../local/stack/pubsub';
import { deployedSubscriptions, topicName, toPubsubResources } from '../../local/subscriptions';
import { planCustomers, type CustomerPlan } from './customers';
import { createGateway, type Gateway } from './gateway';
import type { ImageMove } from './images/moves';
import { openImages } from './images/stage';
import { startInstances, type Instances } from './instances';
import type { ObjectMove } from './objects/moves';
import { openObjects } from './objects/stage';
import { createRandom } from '../support/random';
import { rulesFor } from './rules';
import type { Stage, StageOptions } from './stage';
import type { TemplateMove } from './templates/moves';
import { openTemplates } from './templates/stage';

const PROJECT = 'chaos';
export const DEAD_LETTERS = `projects/${PROJECT}/subscriptions/dead-letters`;
/** The back-offs and ages of production are divided by this; counts stay. */
const SPEED = 100;
/** Pub/Sub's least. */
const ACK_DEADLINE_SECONDS = 10;
/** A copy's time is not divided: the machine that everything runs on is none of Google's. */
const COPY_TIMEOUT_SECONDS = 20;
/** For what was sent at the end of an attempt, on a busy machine. */
const LANDING_MS = 10_000;

const PUSHES_AT_ONCE = 64;
/** Share of the functions' publishes that fail, some of them after they took effect. */
const REFUSED_PUBLISHES = 0.05;
/** Google's emulator has two deliveries of a subscription on their way at most: jobs meet when there are several of each. */
const SUBSCRIPTIONS_TO_MEET = 3;

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

/** One for each kind of artifact. */
export interface Stages {
  readonly image: Stage<ImageMove>;
  readonly template: Stage<TemplateMove>;
  readonly object: Stage<ObjectMove>;
}

export interface World {
  readonly customers: readonly CustomerPlan[];
  readonly stages: Stages;
  readonly gateway: Gateway;
  readonly instances: Instances;
  /** Resolves when nothing is left to deliver. */
  readonly whenQuiet: (stop: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Registries, buckets, Pub/Sub and processes, all of them unreliable. */
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
  const { root, seed, emulator, onLog, onCrash, processes: counts } = options;
  const folder = await mkdtemp(join(tmpdir(), 'relay-chaos-'));
  onClose(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const broker = {
    timeScale: { waits: SPEED },
    largestPushWindow: PUSHES_AT_ONCE,
    faults: { seed, refusedPublishes: REFUSED_PUBLISHES },
  };
  const pubsub = await openPubsub(PROJECT, emulator, broker);
  onClose(() => pubsub.close());
  process.env['PUBSUB_EMULATOR_HOST'] = pubsub.address;
  onClose(() => Promise.resolve(delete process.env['PUBSUB_EMULATOR_HOST']));
  const announce: StageOptions['announce'] = (topic, data, attributes = {}) => {
    const [name, content] = [topicName(PROJECT, topic), Buffer.from(data)];
    // What the vendor publishes arrives.
    if (pubsub.broker)
      pubsub.broker.publish(name, { data: content, attributes: { ...attributes } });
    else void pubsub.publish(name, content, attributes);
  };

  const customers = planCustomers(options.customers);
  const stages = await openStages({
    folder,
    customers,
    share: options.faults,
    seed,
    attemptMs: COPY_TIMEOUT_SECONDS * 1000 + LANDING_MS,
    announce,
    onClose,
  });
  const rulesFile = join(folder, 'rules.yaml');
  await writeFile(rulesFile, rulesFor(customers, stages));
  const environment = {
    ...environmentOf(rulesFile, pubsub.address),
    ...stages.image.environment,
    ...stages.template.environment,
    ...stages.object.environment,
  };
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
    customers,
    stages,
    gateway,
    instances,
    async whenQuiet(stop) {
      // Longer than the longest back-off, so that nothing waits for its turn.
      await gateway.whenQuiet(pubsub.broker ? 1000 : 10_000, stop);
      if (!stop.aborted) await pubsub.broker?.whenQuiet();
    },
  };
}

/** The servers of all kinds. */
export async function openStages(options: StageOptions): Promise<Stages> {
  const { seed } = options;
  return {
    image: await openImages(options),
    template: await openTemplates({ ...options, seed: seed + 10_000 }),
    object: await openObjects({ ...options, seed: seed + 20_000 }),
  };
}

async function setUp(pubsub: LocalPubsub, gateway: Gateway): Promise<void> {
  const settings = deployedSubscriptions();
  const { topics, subscriptions } = toPubsubResources(settings, {
    project: PROJECT,
    functions: Object.fromEntries(
      Object.values(settings).flatMap((one) =>
        'function' in one ? [[one.function, gateway.originOf(one.function)]] : [],
      ),
    ),
  });
  await pubsub.setUp({
    topics,
    subscriptions: pubsub.broker ? subscriptions : subscriptions.flatMap(forEmulator),
  });
}

/**
 * Google's emulator (0.8.20) delivers nothing again for ever once two messages of a subscription come to the end of their
 * back-offs in one millisecond, with a dead-letter policy or without. Without a retry policy it delivers again after a second.
 */
function forEmulator<T extends SubscriptionResource & { readonly name: string }>(one: T): T[] {
  const subscription = { ...one, ackDeadlineSeconds: ACK_DEADLINE_SECONDS, retryPolicy: null };
  if (!one.pushConfig) return [subscription];
  return Array.from({ length: SUBSCRIPTIONS_TO_MEET }, (_, at) => ({
    ...subscription,
    name: at === 0 ? one.name : `${one.name}-${at}`,
  }));
}

function environmentOf(rulesFile: string, address: string): Record<string, string> {
  return {
    RULES_FILE: rulesFile,
    COPY_JOBS_TOPIC: topicName(PROJECT, 'copy-jobs'),
    COPY_RETRIES_TOPIC: topicName(PROJECT, 'copy-retries'),
    PLAN_RETRIES_TOPIC: topicName(PROJECT, 'plan-retries'),
    DEAD_LETTER_TOPIC: topicName(PROJECT, 'dead-letters'),
    GRACE_SECONDS: String(600 / SPEED),
    COPY_TIMEOUT_SECONDS: String(COPY_TIMEOUT_SECONDS),
    PUBSUB_EMULATOR_HOST: address,
    METADATA_SERVER_DETECTION: 'none',
  };
}
