import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Agent, request } from 'undici';
import { createBroker, type Broker } from '../../local/servers/broker/broker';
import { createBuckets, type Buckets } from '../../local/servers/buckets/buckets';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { startFunction, type FunctionProcess } from '../../local/stack/function-process';
import { createTemplateServer, type TemplateServer } from '../../local/servers/templates/server';
import { openSubscriptionReader } from '../../shared/dead-letters/subscription-reader';
import { deliveriesFor, type Delivery, type Names } from './deliveries';
import { systemClock } from '../../shared/system/clock';

/** Deliveries in all; more with FUZZ_DELIVERIES (`.ci/run`: 20,000; `.ci/nightly`: 100,000). */
const DELIVERIES = Number(process.env['FUZZ_DELIVERIES'] ?? 6000);
/** Then it is enough for one function, on a machine that is too slow for them all. */
const MOST_SECONDS = 480;
/** Sent at once; also what fast-check shrinks. */
const BATCH = 40;
const HEAP_MEGABYTES = 128;
/** Until then a function still compiles, and fills what it needs once. */
const WARM_BATCHES = 25;
/** Of a delivery, for good, once warm: what is compiled late, and caches that have a bound, come to 190. */
const MOST_BYTES_KEPT = 280;

const HEAP_PROBE = join(__dirname, 'heap-probe.cjs');

const topic = (name: string) => `projects/p/topics/${name}`;
const LETTERS = 'projects/p/subscriptions/dead-letters';

jest.setTimeout(1_200_000);

describe.each(['planCopies', 'copyArtifact'] as const)('%s, whatever comes,', (target) => {
  let folder: string;
  let registry: Registry;
  let broker: Broker;
  let templates: TemplateServer;
  let buckets: Buckets;
  let started: FunctionProcess;
  let names: Names;
  const problems: string[] = [];
  const measured = new EventEmitter<{ memory: [bytes: number] }>();
  const agent = new Agent({ connections: BATCH });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'relay-fuzz-'));
    [registry, broker] = [await createRegistry(), await createBroker()];
    templates = await createTemplateServer();
    buckets = await createBuckets({ buckets: ['vendor-models', 'acme-models'] });
    for (const name of ['copy-jobs', 'copy-retries', 'plan-retries', 'dead-letters']) {
      broker.createTopic(topic(name));
    }
    broker.createSubscription({ name: LETTERS, topic: topic('dead-letters') });
    process.env['PUBSUB_EMULATOR_HOST'] = broker.address;
    process.env['METADATA_SERVER_DETECTION'] = 'none';
    const templateHost = templates.address.replace('127.0.0.1', 'local-kfp.localhost');
    names = {
      source: `${registry.address}/vendor/releases`,
      templates: `${templateHost}/vendor/pipelines`,
      bucket: 'vendor-models',
      target: 'acme',
    };
    const rules = join(folder, 'rules.yaml');
    await writeFile(rules, rulesFor(names, registry.address, templateHost));
    started = await startFunction({
      target,
      root: process.cwd(),
      environment: {
        RULES_FILE: rules,
        COPY_JOBS_TOPIC: topic('copy-jobs'),
        COPY_RETRIES_TOPIC: topic('copy-retries'),
        PLAN_RETRIES_TOPIC: topic('plan-retries'),
        DEAD_LETTER_TOPIC: topic('dead-letters'),
        // Nothing is at the source: then every job that is allowed is withdrawn at once.
        GRACE_SECONDS: '0',
        PUBSUB_EMULATOR_HOST: broker.address,
        STORAGE_EMULATOR_HOST: buckets.origin,
        METADATA_SERVER_DETECTION: 'none',
        NODE_OPTIONS: `--max-old-space-size=${HEAP_MEGABYTES} --expose-gc --require=${HEAP_PROBE}`,
      },
      onLine: (line) => {
        const bytes = /^\{"bytesInUse":(\d+)\}$/.exec(line)?.[1];
        if (bytes !== undefined) measured.emit('memory', Number(bytes));
        if (/unhandled|"reason":"bug"/i.test(line)) problems.push(line);
      },
      onCrash: (error) => problems.push(error.message),
    });
  });

  afterAll(async () => {
    delete process.env['PUBSUB_EMULATOR_HOST'];
    await agent.destroy();
    await started.stop();
    await Promise.all([registry.close(), broker.close(), templates.close(), buckets.close()]);
    await rm(folder, { recursive: true });
  });

  async function post({ headers, body }: Delivery): Promise<{ status: number; line: string }> {
    const answer = await request(`${started.origin}/${topic('copy-jobs')}`, {
      method: 'POST',
      dispatcher: agent,
      headers,
      body,
    });
    return { status: answer.statusCode, line: await answer.body.text() };
  }

  it('answers everything, keeps nothing, and dead-letters what is bad once', async () => {
    const buried = new Map<string, number>();
    let anonymous = 0;
    let batches = 0;
    const memory: Sample[] = [];

    await fc.assert(
      fc.asyncProperty(
        fc.array(deliveriesFor(target, names), { minLength: BATCH, maxLength: BATCH }),
        async (deliveries) => {
          const answers = await Promise.all(deliveries.map(post));
          for (const [at, { status, line }] of answers.entries()) {
            const { ends, id } = deliveries[at]!;
            const isBuried = line.startsWith('dead-lettered: ');
            if (isBuried && id !== undefined) buried.set(id, (buried.get(id) ?? 0) + 1);
            else if (isBuried) anonymous++;
            const isRight = status === 200 && isBuried === (ends === 'dead-letter');
            if (ends !== 'open' && !isRight) {
              throw new Error(`${ends} expected, answered ${status}: ${line}`);
            }
          }
          if (problems.length > 0) throw new Error(problems.join('\n'));
          batches++;
          const isDue = batches <= 75 ? batches % 2 === 1 : batches % WARM_BATCHES === 0;
          if (batches < WARM_BATCHES || !isDue) return;
          memory.push({ deliveries: batches * BATCH, bytes: await bytesInUse() });
        },
      ),
      {
        numRuns: Math.ceil(DELIVERIES / 2 / BATCH),
        interruptAfterTimeLimit: MOST_SECONDS * 1000,
      },
    );

    expect(memory.length).toBeGreaterThan(10);
    expect(bytesKept(memory)).toBeLessThan(MOST_BYTES_KEPT);
    const letters = await readLetterIds();
    expect(letters.named).toEqual(buried);
    expect(letters.anonymous).toBe(anonymous);
  });

  async function bytesInUse(): Promise<number> {
    const answer = once(measured, 'memory');
    process.kill(started.pid, 'SIGUSR2');
    const [bytes] = (await answer) as [number];
    return bytes;
  }

  async function readLetterIds() {
    const reader = await openSubscriptionReader(LETTERS, systemClock);
    const named = new Map<string, number>();
    let anonymous = 0;
    for await (const some of reader.read()) {
      for (const { attributes } of some) {
        const id = attributes['messageId'] ?? '';
        if (id.startsWith('fuzz-')) named.set(id, (named.get(id) ?? 0) + 1);
        else anonymous++;
      }
    }
    await reader.close();
    return { named, anonymous };
  }
});

interface Sample {
  readonly deliveries: number;
  readonly bytes: number;
}

/** Of each delivery: the median slope between any two samples, which single odd samples do not move (Theil and Sen). */
function bytesKept(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((from, index) =>
    samples
      .slice(index + 1)
      .map((to) => (to.bytes - from.bytes) / (to.deliveries - from.deliveries)),
  );
  slopes.sort((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)] ?? 0;
}

function rulesFor(
  { source, templates, bucket }: Names,
  registry: string,
  templateHost: string,
): string {
  return `targets:
  acme: { repository: ${registry}/acme/vendor, templates: '${templateHost}/acme/pipelines', bucket: gs://acme-models }
rules:
  - { name: api, source: ${source}, images: [api], tags: { include: ['v*'] }, targets: [acme] }
  - { name: pipelines, source: '${templates}', tags: { include: ['v*'] }, targets: [acme] }
  - { name: models, source: gs://${bucket}/released, targets: [acme] }
`;
}
