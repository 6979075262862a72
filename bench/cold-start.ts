import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { image } from '../local/images/image';
import { push } from '../local/images/push';
import { createRegistry } from '../local/servers/registry/registry';
import { startFunction, type FunctionOptions } from './function-process';
import { TOPICS, type PubSubServer } from './pubsub';
import { milliseconds, spread, type Section } from './report';

const RUNS = 15;
const HELLO = 'hello, world';

interface Case extends FunctionOptions {
  readonly name: string;
  /** The first delivery. */
  readonly topic: string;
  readonly data: unknown;
  /** At most this many times the hello-world function. */
  readonly goal?: number;
}

/**
 * Process start to first answer of each function, compared with a hello-world function on the same framework, run by run in turn.
 * `against` is the folder of another checkout, built: its functions run in turn with these.
 */
export async function benchColdStart(
  pubsub: PubSubServer,
  folder: string,
  { against }: { readonly against?: string },
): Promise<Section> {
  const registry = await createRegistry();
  const content = image({ tag: 'v1' });
  await push(content, { registry: registry.address, repository: 'vendor/api' });
  await push(content, { registry: registry.address, repository: 'acme/api' });
  const rulesFile = join(folder, 'cold-start.yaml');
  await writeFile(rulesFile, rulesFor(registry.address));

  const env = { ...pubsub.env, RULES_FILE: rulesFile, LOG_LEVEL: 'error' };
  const cases = casesFor(`${registry.address}/vendor`, env, against);
  const times = await timesOf(cases).finally(() => registry.close());
  const base = spread(times.get(HELLO) ?? []);
  const rows = cases.map(({ name, goal }) => {
    const measured = spread(times.get(name) ?? []);
    const ratio = (measured.median / base.median).toFixed(2);
    return [name, milliseconds(measured), ratio, goal === undefined ? '' : `at most ${goal}`];
  });
  return {
    title: 'Cold start',
    about: `From process start to the answer of the first delivery, ${RUNS} runs of each in turn, plain HTTP; jobs are published to ${pubsub.name}. Our functions have the compile cache that their build makes, as deployed; hello, world is one small file on the same framework, so a cache could spare it the framework alone. The row without the cache is the baseline for what the cache brings. An entry serves one version of Node: when Google updates the base image, the cache is not used until the next deployment, which the log line \`Compile cache not found\` reports.`,
    columns: ['function and first delivery', 'time', 'times hello, world', 'goal'],
    rows,
  };
}

async function timesOf(cases: readonly Case[]): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, number[]>(cases.map(({ name }) => [name, []]));
  for (let run = 0; run < RUNS; run += 1) {
    for (const { name, topic, data, ...options } of cases) {
      const start = performance.now();
      const started = await startFunction(options);
      try {
        await started.deliver(topic, data);
        times.get(name)?.push(performance.now() - start);
      } finally {
        await started.stop();
      }
    }
  }
  return times;
}

function casesFor(
  vendor: string,
  env: Readonly<Record<string, string>>,
  against: string | undefined,
): readonly Case[] {
  const copy = {
    env,
    target: 'copyArtifact',
    topic: TOPICS.copyJobs,
    data: { source: `${vendor}/api:v1`, target: 'acme', rule: 'api' },
  };
  const plan = { target: 'planCopies', topic: TOPICS.gcr, env };
  const pushOf = (tag: string) => ({ action: 'INSERT', tag: `${vendor}/${tag}` });
  const unwanted = { ...plan, data: pushOf('debug:v1') };
  return [
    {
      name: HELLO,
      target: 'helloWorld',
      source: 'bench/hello-world',
      env: {},
      topic: TOPICS.gcr,
      data: pushOf('debug:v1'),
    },
    {
      name: 'planCopies, a push that no rule wants',
      ...unwanted,
      goal: 1.4,
    },
    { name: 'planCopies, a push with one target', ...plan, data: pushOf('api:v1'), goal: 3.5 },
    { name: 'copyArtifact, an image that the target has', ...copy },
    {
      name: 'the same without the compile cache',
      ...copy,
      env: { ...env, NODE_DISABLE_COMPILE_CACHE: '1' },
    },
    ...(against === undefined
      ? []
      : [
          {
            name: `planCopies of ${against}, a push that no rule wants`,
            ...unwanted,
            source: against,
          },
          { name: `copyArtifact of ${against}`, ...copy, source: against },
        ]),
  ];
}

function rulesFor(registry: string): string {
  return `
targets:
  acme: { repository: '${registry}/acme' }
rules:
  - name: api
    source: ${registry}/vendor
    images: [api]
    tags: { include: ['v*'] }
    targets: [acme]
`;
}
