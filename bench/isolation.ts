import { setTimeout as sleep } from 'node:timers/promises';
import { PubSub } from '@google-cloud/pubsub';
import { image } from '../local/images/image';
import { layer } from '../local/images/layer';
import { push } from '../local/images/push';
import type { Effect } from '../local/servers/registry/faults/fault';
import type { Kind } from '../local/servers/registry/routes';
import { environmentOf } from '../local/stack/functions';
import { createStack, type Stack } from '../local/stack/stack';
import { topicName } from '../local/subscriptions';
import { milliseconds, spread, type Section } from './report';
import { startService, type Service } from './service';

const CUSTOMERS = Array.from({ length: 10 }, (_, at) => ({ name: `customer-${at}` }));
const RELEASES = 20;
const ROUNDS = 3;
const PAUSE_MS = 400;
/** As deployed: jobs that one instance takes at once. */
const CONCURRENCY = 4;
/** More than the slow target's releases can fill. */
const MOST_INSTANCES = 10;
const PROJECT = 'local';
const LAYER_BYTES = 100 * 1024;
const EVERYTHING: readonly Kind[] = ['headManifest', 'mountBlob', 'startUpload', 'putManifest'];
/** A thousand times slower than the others: a layer takes longer than all releases together. */
const DRIPPING_BYTES_PER_SECOND = 5 * 1024;

interface Case {
  readonly name: string;
  /** What one of the ten does, and for which requests. */
  readonly trouble?: Effect & { readonly on: readonly Kind[] };
  /** Without the retry queue a failed job waits in the queue of all the others. */
  readonly singleQueue?: boolean;
}

const CASES: readonly Case[] = [
  { name: 'all ten well' },
  { name: 'one answers 503', trouble: { on: EVERYTHING, answer: { status: 503 } } },
  {
    name: 'one takes 5 KiB/s',
    trouble: { on: ['putBlob'], bytesPerSecond: DRIPPING_BYTES_PER_SECOND },
  },
  {
    name: 'one answers 503, without the retry queue',
    trouble: { on: EVERYTHING, answer: { status: 503 } },
    singleQueue: true,
  },
];

/** Whether one customer in trouble delays the other nine, with Pub/Sub's slowing down of subscriptions that are refused. */
export async function benchIsolation(): Promise<Section> {
  const times = new Map<string, number[]>(CASES.map(({ name }) => [name, []]));
  // In turn, so that what else the machine does meets all alike.
  for (let round = 0; round < ROUNDS; round++) {
    for (const each of CASES) {
      process.stderr.write(`  ${each.name} ...\n`);
      times.get(each.name)?.push(...(await measure(each)));
    }
  }
  const spreads = [...times].map(([name, values]) => ({ name, ...spread(values) }));
  const base = spreads[0]?.median ?? NaN;
  return {
    title: 'One target in trouble',
    about: `${RELEASES} releases, one every ${PAUSE_MS} ms, to ten targets, ${ROUNDS} times; from each push to the last tag at the nine that are well, plain HTTP. An instance of copyArtifact takes ${CONCURRENCY} jobs at once, as deployed, and another starts when all are full, up to ${MOST_INSTANCES}; those that start add their cold start. The embedded broker slows a push subscription down that is refused often, as Pub/Sub does, in real time. Goal: the first three are equal. A target that takes its time holds places in instances, so that the others meet cold starts.`,
    columns: ['targets', 'time', 'times all well'],
    rows: spreads.map(({ name, ...each }) => [
      name,
      milliseconds(each),
      (each.median / base).toFixed(2),
    ]),
  };
}

async function measure({ trouble, singleQueue = false }: Case): Promise<number[]> {
  const stack = await createStack({
    port: 0,
    customers: CUSTOMERS,
    broker: { largestPushWindow: 3000 },
    environment: {
      LOG_LEVEL: 'error',
      ...(singleQueue && { COPY_RETRIES_TOPIC: topicName(PROJECT, 'copy-jobs') }),
    },
  });
  let service: Service | undefined;
  try {
    service = await serveCopies(stack, singleQueue);
    await arrival(stack, await release(stack, 'v1.99.0', 'warm'));
    if (trouble) stack.customers[0]?.host.faults.add({ ...trouble, times: Infinity });
    const times: Promise<number>[] = [];
    for (let at = 0; at < RELEASES; at++) {
      const tag = `v1.${at}.0`;
      times.push(release(stack, tag, tag).then((pushed) => arrival(stack, pushed)));
      await sleep(PAUSE_MS);
    }
    const end = await Promise.race([Promise.all(times), stack.failed]);
    if (end instanceof Error) throw end;
    return end;
  } finally {
    await service?.stop();
    await stack.close();
  }
}

/** Has copy jobs pushed to instances that come and go, instead of to the stack's one process. */
async function serveCopies(stack: Stack, singleQueue: boolean): Promise<Service> {
  const { pubsubAddress, artifactRegistryAddress, rulesFile, storage, signing } = stack;
  const environment = environmentOf({
    project: PROJECT,
    rulesFile,
    pubsubAddress,
    artifactRegistryAddress,
    storageOrigin: storage.origin,
    signing,
  });
  const service = await startService({
    target: 'copyArtifact',
    root: process.cwd(),
    environment: {
      ...environment,
      LOG_LEVEL: 'error',
      ...(singleQueue && { COPY_RETRIES_TOPIC: topicName(PROJECT, 'copy-jobs') }),
    },
    onLine: () => undefined,
    onCrash: (error) => {
      throw error;
    },
    concurrency: CONCURRENCY,
    mostInstances: MOST_INSTANCES,
  });
  const client = new PubSub({ projectId: PROJECT, apiEndpoint: pubsubAddress, emulatorMode: true });
  for (const name of ['copy-jobs', 'copy-retries']) {
    const pushEndpoint = `${service.origin}/${topicName(PROJECT, name)}`;
    await client.subscription(name).modifyPushConfig({ pushEndpoint });
  }
  await client.close();
  return service;
}

interface Pushed {
  readonly tag: string;
  readonly digest: string;
  readonly at: number;
}

async function release(stack: Stack, tag: string, seed: string): Promise<Pushed> {
  const content = image({ layers: [layer({ seed, size: LAYER_BYTES })] });
  const [registry = '', ...path] = `${stack.source}/api`.split('/');
  await push(content, { registry, repository: path.join('/'), tag });
  return { tag, digest: content.root.digest, at: performance.now() };
}

/** Milliseconds until all but the first have it. */
async function arrival({ customers }: Stack, { tag, digest, at }: Pushed): Promise<number> {
  for (const { name, host } of customers.slice(1)) {
    while ((await host.digestOf(`${name}/vendor/api`, tag)) !== digest) await sleep(10);
  }
  return performance.now() - at;
}
