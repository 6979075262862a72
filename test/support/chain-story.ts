import { setTimeout as sleep } from 'node:timers/promises';
import { PubSub, type Message } from '@google-cloud/pubsub';
import { signature } from '../../local/images/attachments';
import type { Image } from '../../local/images/content';
import { push } from '../../local/images/push';
import { findMissing, listReferrers, readImage } from '../../local/images/read';
import { sampleRelease } from '../../local/images/sample-release';
import { createStack, type Stack } from '../../local/stack/stack';
import { deployedSubscriptions } from '../../local/subscriptions';
import { readReleaseEvent } from './read-release-event';

/** What a story is told on: an embedded broker, or Google's emulator. */
export interface ChainOptions {
  readonly emulator?: string;
  readonly speed?: number;
}

/** Three hops: from the vendor to a hub, from there to a customer and to another hub, and on to the last customer. */
const HOPS = ['eu', 'asia', 'near', 'far'] as const;
type Hop = (typeof HOPS)[number];
const [sample] = sampleRelease();

/** The tests of a chain of hubs, end to end. `open` says where Pub/Sub is, and is ended with `close`. */
export function tellOfChain(
  open: () => Promise<{ readonly options: ChainOptions; readonly close: () => Promise<void> }>,
): void {
  let stack: Stack;
  let close: () => Promise<void>;
  const events: ReturnType<typeof readReleaseEvent>[] = [];
  let stopListening: () => Promise<void>;

  beforeAll(async () => {
    const opened = await open();
    ({ close } = opened);
    stack = await openChain(opened.options);
    stopListening = listen(stack, (event) => events.push(event));
  });
  afterAll(async () => {
    await stopListening();
    await stack.close();
    await close();
  });

  const at = (hop: Hop) => {
    const { host, name } = stack.customers.find((customer) => customer.name === hop)!;
    return { registry: host.address, repository: `${name}/vendor/api` };
  };
  const until = async (happened: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await happened())) {
      const failure = await Promise.race([stack.failed, sleep(30)]);
      if (failure) throw failure;
    }
  };
  const pushApi = (content: Image, tag?: string) => {
    const [registry = '', ...path] = `${stack.source}/api`.split('/');
    return push(content, {
      registry,
      repository: path.join('/'),
      tag,
    });
  };
  const everywhere = async (content: Image, tag: string): Promise<void> => {
    for (const hop of HOPS) {
      await until(async () => (await readImage(at(hop), tag)).digest === content.root.digest);
      expect(await findMissing(content, at(hop))).toStrictEqual([]);
    }
  };
  const newestOf = (hop: Hop, tag: string): string | undefined => {
    const { registry, repository } = at(hop);
    const own = events.filter(({ subject }) => subject === `${registry}/${repository}:${tag}`);
    return own.sort((a, b) => (a.time < b.time ? -1 : 1)).at(-1)?.data.digest;
  };

  const arrivesWhole = async (): Promise<void> => {
    await pushApi(sample!.content, '1.4.2');
    await everywhere(sample!.content, '1.4.2');
  };

  const followsTheTag = async (): Promise<void> => {
    const [moved] = sampleRelease('another');
    await pushApi(moved!.content, '1.4.2');
    await everywhere(moved!.content, '1.4.2');
    await until(() => HOPS.every((hop) => newestOf(hop, '1.4.2') === moved!.content.root.digest));
    const ids = events.map(({ id, data, subject }) => `${id} ${subject} ${data.digest}`);
    expect(new Set(ids).size).toBe(new Set(events.map(({ id }) => id)).size);
  };

  const followsTheSignature = async (): Promise<void> => {
    const [moved] = sampleRelease('another');
    const { root } = moved!.content;
    const late = signature(root, 'late');
    await pushApi(late);
    for (const hop of HOPS) {
      await until(async () => (await findMissing(late, at(hop))).length === 0);
    }
    const [registry = '', ...path] = `${stack.source}/api`.split('/');
    const attached = async (where: Parameters<typeof listReferrers>[0]) =>
      (await listReferrers(where, root.digest)) ?? [];
    const vendors = await attached({ registry, repository: path.join('/') });
    /** What is attached that the vendor has not attached. */
    const stated = async (hop: Hop) =>
      (await attached(at(hop))).filter((one) => !vendors.includes(one));
    await until(async () => (await stated('eu')).length > 0);
    for (const hop of ['asia', 'near', 'far'] as const) expect(await stated(hop)).toStrictEqual([]);
  };

  const makesGoodFromTheHub = async (): Promise<void> => {
    const { host } = stack.customers.find(({ name }) => name === 'far')!;
    const { registry, repository } = at('far');
    const [moved] = sampleRelease('another');
    const { digest } = moved!.content.manifests.find(
      (one) => one.digest !== moved!.content.root.digest,
    )!;
    await fetch(`http://${registry}/v2/${repository}/manifests/${digest}`, { method: 'DELETE' });
    expect(await findMissing(moved!.content, at('far'))).not.toEqual([]);
    host.requests.reset();
    const source = `${at('asia').registry}/asia/vendor/api:1.4.2`;
    await stack.publish('copy-jobs', { source, target: 'far', repair: true });
    await until(async () => (await findMissing(moved!.content, at('far'))).length === 0);
  };

  it('a release arrives whole, its tag moves, a late signature follows, and what is lost is made good', async () => {
    await arrivesWhole();
    await followsTheTag();
    await followsTheSignature();
    await makesGoodFromTheHub();
  });
}

/** Each hub's registry publishes on the gcr topic of its project, which is one here. */
function openChain({ emulator, speed }: ChainOptions): Promise<Stack> {
  return createStack({
    port: 0,
    customers: [
      { name: 'eu', hub: true, receipts: true },
      { name: 'asia', hub: true },
      { name: 'near' },
      { name: 'far' },
    ],
    rules: ({ source, targets }) => {
      const of = (name: string): string => targets.find((one) => one.name === name)!.repository;
      const places = targets.map(
        ({ name, repository, receipts = false }) =>
          `  ${name}: { repository: '${repository}', receipts: ${receipts} }`,
      );
      return `targets:
${places.join('\n')}
rules:
  - { name: out, source: '${source}', targets: [eu] }
  - { name: on, source: '${of('eu')}', targets: [asia, near] }
  - { name: last, source: '${of('asia')}', targets: [far] }
`;
    },
    subscriptions: {
      ...deployedSubscriptions(),
      'release-events': {
        topic: 'release-events',
        ackDeadlineSeconds: 60,
        retentionSeconds: 600,
        retainAckedMessages: false,
      },
    },
    environment: { RELEASE_EVENTS_TOPIC: 'projects/local/topics/release-events' },
    emulator,
    speed,
  });
}

/** A subscriber to all release events. Ends with what is returned. */
function listen(
  { project, pubsubAddress }: Stack,
  onReleaseEvent: (event: ReturnType<typeof readReleaseEvent>) => void,
): () => Promise<void> {
  const client = new PubSub({ projectId: project, apiEndpoint: pubsubAddress, emulatorMode: true });
  const subscription = client.subscription('release-events');
  subscription.on('error', () => undefined);
  subscription.on('message', (message: Message) => {
    message.ack();
    onReleaseEvent(readReleaseEvent(message));
  });
  return async () => {
    await subscription.close();
    await client.close();
  };
}
