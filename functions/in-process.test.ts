import { Socket } from 'node:net';
import { createBucketsService } from '../local/servers/buckets/buckets';
import type { Image } from '../local/images/content';
import { image } from '../local/images/image';
import { layer } from '../local/images/layer';
import { call, createInProcessSend } from '../test/support/in-process';
import type { Serve } from '../local/servers/registry/reply';
import { createRegistryService } from '../local/servers/registry/registry';
import { createMemoryStorage } from '../test/support/memory-registry-storage';
import { pipeline } from '../local/servers/templates/push';
import { createTemplateService } from '../local/servers/templates/server';
import { createMemoryTemplateStorage } from '../test/support/memory-template-storage';
import type { OutgoingMessage } from '../shared/jobs/copy-job';
import type { Publish } from '../shared/jobs/publisher';
import { parseRules } from '../shared/kinds/rules';
import { createRegistryClient } from '../shared/oci/client';
import { digestOf } from '../shared/oci/digest';
import { encodeUpload } from '../shared/kinds/template/content';
import { createFunction as createCopyArtifact } from './copy-artifact/function';
import { createFunction as createPlanCopies } from './plan-copies/function';
import { createFunction as createReconcile } from './reconcile/function';

const topic = (name: string): string => `projects/vendor/topics/${name}`;
const VENDOR = 'us-docker.pkg.dev';
const ACME = 'europe-docker.pkg.dev';
const TEMPLATES = 'us-kfp.pkg.dev';
const RULES = `
targets:
  acme: { repository: ${ACME}/acme/in, templates: ${TEMPLATES}/acme/in, bucket: gs://acme/in }
rules:
  - { name: images, source: ${VENDOR}/vendor/releases, targets: [acme] }
  - { name: pipelines, source: ${TEMPLATES}/vendor/pipelines, targets: [acme] }
  - { name: models, source: gs://vendor/released, objects: ['**'], targets: [acme] }
`;
const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A time that nothing but a wait moves on; a deadline never comes. */
function createStillClock() {
  let now = Date.UTC(2026, 10, 24);
  return {
    now: () => now,
    monotonic: () => now,
    sleep: (milliseconds: number) => Promise.resolve(void (now += milliseconds)),
    deadline: () => ({ signal: new AbortController().signal, release: () => undefined }),
  };
}

/** Vendor, customer and the three functions, in this process alone. */
function start() {
  const clock = createStillClock();
  let named = 0;
  const machine = { clock, names: () => `name-${++named}` };
  const messages: { readonly topic: string; readonly message: OutgoingMessage }[] = [];
  const publish: Publish = (to, some) => {
    messages.push(...some.map((message) => ({ topic: to, message })));
    return Promise.resolve();
  };
  const tell = (to: string, data: object, attributes = {}): void =>
    void messages.push({
      topic: topic(to),
      message: { data: Buffer.from(JSON.stringify(data)), attributes },
    });

  const vendor = createRegistryService(
    createMemoryStorage(machine),
    { onMessage: (message) => tell('gcr', message) },
    machine,
  );
  const acme = createRegistryService(createMemoryStorage(machine), {}, machine);
  const templates = createTemplateService(
    createMemoryTemplateStorage(clock),
    {
      location: 'us',
      onLogEntry: (entry) =>
        entry.protoPayload.resourceName.startsWith('projects/vendor/') && tell('uploads', entry),
    },
    machine,
  );
  const buckets = createBucketsService(
    {
      buckets: ['vendor', 'acme'],
      onNotification: ({ attributes, data }) =>
        attributes['bucketId'] === 'vendor' && tell('objects', data, attributes),
    },
    () => 'https://storage.googleapis.com',
    machine,
  );
  const servers = new Map<string, Serve>([
    [VENDOR, vendor.serve],
    [ACME, acme.serve],
    [TEMPLATES, templates.serve],
    ['artifactregistry.googleapis.com', templates.serve],
    ['storage.googleapis.com', buckets.serve],
  ]);

  const system = { clock, random: () => 0.5 };
  const registries = createRegistryClient({
    ...system,
    plainHttpHosts: [],
    googleTokens: { accessToken: () => Promise.resolve('token') },
    send: createInProcessSend(servers),
  });
  const config = {
    RULES_FILE: parseRules(RULES, 'rules.yaml'),
    COPY_JOBS_TOPIC: topic('copy-jobs'),
    COPY_RETRIES_TOPIC: topic('copy-retries'),
    PLAN_RETRIES_TOPIC: topic('plan-retries'),
    DEAD_LETTER_TOPIC: topic('dead-letters'),
    RECONCILE_TOPIC: topic('reconcile'),
    MAX_MANIFEST_BYTES: 4_194_304,
    GRACE_SECONDS: 600,
    LOG_LEVEL: 'info' as const,
    PLAIN_HTTP_HOSTS: [],
    DOCKER_CONFIG: undefined,
    STORAGE_EMULATOR_HOST: undefined,
    COPY_TIMEOUT_SECONDS: 480,
    BLOB_CONCURRENCY: 8,
    REQUEST_BUDGET: 10_000,
    REQUESTS_PER_SECOND: 100,
    JOBS_PER_SECOND: 20,
    RECONCILE_SECONDS: 240,
  };
  const parts = { ...system, config, registries, publish, logFor: () => QUIET };
  const planCopies = createPlanCopies({
    ...parts,
    openRegistries: () => Promise.resolve(registries),
    artifactRegistry: { tagsOf: () => Promise.resolve([]) },
  });
  const copyArtifact = createCopyArtifact(parts);
  const listImages = () => Promise.resolve({ images: [] });
  const reconcile = createReconcile({ ...parts, artifactRegistry: { listImages } });
  const handlers = new Map([
    ...['gcr', 'uploads', 'objects', 'plan-retries'].map(
      (name) => [topic(name), planCopies] as const,
    ),
    ...['copy-jobs', 'copy-retries'].map((name) => [topic(name), copyArtifact] as const),
    [topic('reconcile'), reconcile],
  ]);

  const ask = (method: string, url: string, body: Uint8Array, type = 'application/octet-stream') =>
    call(servers.get(new URL(url).host)!, {
      method,
      url: new URL(url),
      body,
      headers: { 'content-type': type },
    });

  return {
    acme,
    buckets,
    templates,
    tell,
    requests: () =>
      [vendor, acme, templates, buckets].flatMap(({ requests }) =>
        requests.of().map(({ method, path, status }) => `${method} ${path} ${String(status)}`),
      ),
    async push({ blobs, manifests }: Image) {
      const at = `https://${VENDOR}/v2/vendor/releases/api`;
      for (const { content, digest } of blobs) {
        await ask('POST', `${at}/blobs/uploads/?digest=${digest}`, content as Uint8Array);
      }
      for (const { bytes, digest, mediaType, tag } of manifests) {
        await ask('PUT', `${at}/manifests/${tag ?? digest}`, bytes, mediaType);
      }
    },
    async upload(name: string, tag: string) {
      const bytes = pipeline(name);
      const form = encodeUpload(name, { bytes, version: digestOf(bytes) }, [tag]);
      await ask('POST', `https://${TEMPLATES}/vendor/pipelines`, form.body, form.contentType);
    },
    /** Delivers what is published until nothing is left, and gives the answers. */
    async run() {
      const answers: string[] = [];
      for (let next = messages.shift(); next; next = messages.shift()) {
        const { data, attributes } = next.message;
        const message = {
          data: Buffer.from(data).toString('base64'),
          attributes,
          messageId: '1',
          publishTime: new Date(clock.now()).toISOString(),
        };
        const event = { source: `//pubsub.googleapis.com/${next.topic}`, data: { message } };
        answers.push(await handlers.get(next.topic)!(event));
      }
      return answers;
    },
  };
}

/** Releases one of each kind, and what is asked on the way. */
async function release(): Promise<string[]> {
  const world = start();
  const pushed = image({ layers: [layer({ seed: 'one', size: 100_000 })], tag: 'v1' });
  await world.push(pushed);
  await world.upload('train', 'v1');
  world.buckets.put('vendor', 'released/model.bin', 'weights');
  const answers = await world.run();
  expect(answers.filter((answer) => answer.startsWith('copied '))).toHaveLength(3);
  expect(await world.acme.digestOf('acme/in/api', 'v1')).toBe(pushed.root.digest);
  expect(await world.templates.versionOf('acme/in/train', 'v1')).toBe(digestOf(pipeline('train')));
  expect(String(world.buckets.find('acme', 'in/model.bin')?.content.bytes)).toBe('weights');

  world.buckets.remove('acme', 'in/model.bin');
  world.tell('reconcile', {});
  await world.run();
  expect(world.buckets.find('acme', 'in/model.bin')).toBeDefined();
  return world.requests();
}

describe('the functions, put together in one process', () => {
  it('release each kind without a socket, and do the same each time', async () => {
    const connect = jest.spyOn(Socket.prototype, 'connect');
    const requests = await release();
    expect(requests.length).toBeGreaterThan(30);
    expect(await release()).toEqual(requests);
    expect(connect).not.toHaveBeenCalled();
    connect.mockRestore();
  });
});
