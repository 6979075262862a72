import { image } from '../../local/images/image';
import type { Image } from '../../local/images/content';
import { createSampleSigner } from '../../local/images/signing';
import { createPushPace } from '../../local/servers/broker/push';
import { call, createInProcessSend } from '../../test/support/in-process';
import { createRegistryService } from '../../local/servers/registry/registry';
import { createMemoryStorage } from '../../test/support/memory-registry-storage';
import type { OutgoingMessage } from '../../shared/jobs/copy-job';
import { parseRules } from '../../shared/kinds/rules';
import { createRegistryClient } from '../../shared/oci/client';
import { createFunction } from './function';

const topic = (name: string): string => `projects/vendor/topics/${name}`;
const HOST = 'us-docker.pkg.dev';
const signer = createSampleSigner('release');
const RULES = `
targets: { acme: { repository: europe-docker.pkg.dev/acme/in } }
signers: { release: { key: release.pub } }
rules:
  - { name: all, source: ${HOST}/vendor/releases, targets: [acme], require: [{ statement: signature, by: [release] }] }
`;
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface Waiting extends OutgoingMessage {
  readonly id: string;
  readonly published: number;
  readonly due: number;
  readonly attempts: number;
}

/**
 * One vendor, planCopies, and its subscriptions on a virtual clock: each is slowed by its own refusals, as Pub/Sub slows a push
 * subscription, and redelivers a refused message after 10 to 600 seconds.
 */
function start(retriesTopic: string) {
  let now = Date.UTC(2026, 10, 24);
  const began = now;
  let serial = 0;
  const clock = {
    now: () => now,
    monotonic: () => now,
    sleep: (milliseconds: number) => Promise.resolve(void (now += milliseconds)),
    deadline: () => ({ signal: new AbortController().signal, release: () => undefined }),
  };
  const queues = new Map(
    ['gcr', 'plan-retries'].map((name) => [
      topic(name),
      { name: topic(name), pace: createPushPace(), free: 0, waiting: [] as Waiting[] },
    ]),
  );
  /** Seconds after the start at which the jobs of each source were published. */
  const planned = new Map<string, number>();
  const accept = (to: string, message: OutgoingMessage): void => {
    const { source = '' } = JSON.parse(message.data.toString()) as { source?: string };
    if (to === topic('copy-jobs')) planned.set(source.split('@')[0] ?? '', (now - began) / 1000);
    const id = String(++serial);
    queues.get(to)?.waiting.push({ ...message, id, published: now, due: now, attempts: 0 });
  };
  const machine = { clock, names: () => `name-${++serial}` };
  const vendor = createRegistryService(
    createMemoryStorage(machine),
    {
      onMessage: (message) =>
        accept(topic('gcr'), { data: Buffer.from(JSON.stringify(message)), attributes: {} }),
    },
    machine,
  );
  const registries = createRegistryClient({
    clock,
    random: () => 0.5,
    plainHttpHosts: [],
    googleTokens: { accessToken: () => Promise.resolve('token') },
    send: createInProcessSend(new Map([[HOST, vendor.serve]])),
  });
  const planCopies = createFunction({
    clock,
    random: () => 0.5,
    config: {
      RULES_FILE: parseRules(RULES, 'rules.yaml', () => signer.publicKey),
      COPY_JOBS_TOPIC: topic('copy-jobs'),
      PLAN_RETRIES_TOPIC: retriesTopic,
      DEAD_LETTER_TOPIC: topic('dead-letters'),
      MAX_MANIFEST_BYTES: 4_194_304,
      GRACE_SECONDS: 600,
      LOG_LEVEL: 'info',
      PLAIN_HTTP_HOSTS: [],
      DOCKER_CONFIG: undefined,
      ARTIFACT_REGISTRY_EMULATOR_HOST: undefined,
    },
    publish(to, some) {
      for (const message of some) accept(to, message);
      return Promise.resolve();
    },
    logFor: () => QUIET,
    openRegistries: () => Promise.resolve(registries),
    artifactRegistry: { tagsOf: () => Promise.resolve([]) },
  });

  async function deliver(queue: { name: string }, message: Waiting): Promise<boolean> {
    const content = {
      data: Buffer.from(message.data).toString('base64'),
      attributes: message.attributes,
      messageId: message.id,
      publishTime: new Date(message.published).toISOString(),
    };
    const event = { source: `//pubsub.googleapis.com/${queue.name}`, data: { message: content } };
    return planCopies(event).then(
      () => true,
      () => false,
    );
  }

  /** Delivers all that is due until so many seconds after the start. */
  async function runUntil(seconds: number): Promise<void> {
    const end = began + seconds * 1000;
    for (;;) {
      const [next] = [...queues.values()]
        .flatMap((queue) =>
          queue.waiting.map((message) => ({
            queue,
            message,
            at: Math.max(message.due, queue.free),
          })),
        )
        .sort((a, b) => a.at - b.at || a.message.due - b.message.due);
      if (next === undefined || next.at > end) break;
      now = Math.max(now, next.at);
      const { queue, message } = next;
      queue.waiting.splice(queue.waiting.indexOf(message), 1);
      const isAcked = await deliver(queue, message);
      queue.pace.report(isAcked);
      queue.free = now + queue.pace.delay();
      const backoff = Math.min(600_000, 10_000 * 2 ** message.attempts);
      if (!isAcked) {
        queue.waiting.push({ ...message, due: now + backoff, attempts: message.attempts + 1 });
      }
    }
    now = Math.max(now, end);
  }

  async function push(name: string, { blobs, manifests }: Image, tag?: string): Promise<void> {
    const at = `https://${HOST}/v2/vendor/releases/${name}`;
    const ask = (method: string, url: string, body: Uint8Array, type: string) =>
      call(vendor.serve, { method, url: new URL(url), body, headers: { 'content-type': type } });
    for (const { content, digest } of blobs) {
      const url = `${at}/blobs/uploads/?digest=${digest}`;
      await ask('POST', url, content as Uint8Array, 'application/octet-stream');
    }
    for (const { bytes, digest, mediaType } of manifests) {
      await ask('PUT', `${at}/manifests/${tag ?? digest}`, bytes, mediaType);
    }
  }

  return { planned, push, runUntil };
}

const SIGNATURES = 200;
const RELEASED_AT = 60;
const TAGGED_AT = 240;

/** Signatures whose tags come four minutes later, and a release of another image among them. */
async function releaseAmongSignatures(retriesTopic: string) {
  const { planned, push, runUntil } = start(retriesTopic);
  const apps = Array.from({ length: SIGNATURES }, (_, at) => ({
    name: `app-${at}`,
    content: image({ config: { at } }),
  }));
  for (const { name, content } of apps) {
    await push(name, content);
    await push(name, signer.sign(content.root));
  }
  await runUntil(RELEASED_AT);
  const other = image({ config: { other: true } });
  await push('api', other, 'v1');
  await runUntil(TAGGED_AT);
  for (const { name, content } of apps) await push(name, content, 'v1');
  await runUntil(1800);
  const source = (name: string) => `${HOST}/vendor/releases/${name}:v1`;
  return {
    delay: (planned.get(source('api')) ?? Infinity) - RELEASED_AT,
    arrived: apps.filter(({ name }) => planned.has(source(name))).length,
  };
}

it('plans a release at once while 200 signatures wait for their tags', async () => {
  const { delay, arrived } = await releaseAmongSignatures(topic('plan-retries'));
  expect(delay).toBeLessThanOrEqual(1);
  expect(arrived).toBe(SIGNATURES);
});

it('would plan it late if the signatures were refused where all events arrive', async () => {
  const { delay } = await releaseAmongSignatures(topic('gcr'));
  expect(delay).toBeGreaterThan(30);
});
