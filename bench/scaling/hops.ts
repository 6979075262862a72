import { setTimeout as sleep } from 'node:timers/promises';
import { image } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import { push } from '../../local/images/push';
import { readImage } from '../../local/images/read';
import { createStack, type Stack } from '../../local/stack/stack';

/** One push to customers on this machine, over one hop and over three. */
export interface Hops {
  readonly customers: number;
  readonly one: Measurement;
  readonly three: Measurement;
}

export interface Measurement {
  /** From the push to the last tag; the middle one of several. */
  readonly seconds: number;
  /** Of a push. */
  readonly requestsAtFirstSource: number;
}

const CUSTOMERS = 12;
const RUNS = 5;
const LAYER_BYTES = 1024 * 1024;

/** Measures with the built functions, and the embedded broker and registries. */
export async function measureHops(): Promise<Hops> {
  return {
    customers: CUSTOMERS,
    one: await measure((targets) => [['source', targets]]),
    // Four customers at each hub, the second hub behind the first one.
    three: await measure((targets) => [
      ['source', [...targets.slice(0, 4), 'hub1']],
      ['hub1', [...targets.slice(4, 8), 'hub2']],
      ['hub2', targets.slice(8)],
    ]),
  };
}

type Flows = (targets: readonly string[]) => (readonly [from: string, to: readonly string[]])[];

async function measure(flowsOf: Flows): Promise<Measurement> {
  const names = Array.from({ length: CUSTOMERS }, (_, at) => `c${at}`);
  const flows = flowsOf(names);
  const stack: { open?: Stack } = {};
  const registry = { onMessage: (message: object) => void stack.open?.publish('gcr', message) };
  const hubs = flows.flatMap(([from]) => (from === 'source' ? [] : [from]));
  const opened = await createStack({
    port: 0,
    customers: [...names.map((name) => ({ name })), ...hubs.map((name) => ({ name, registry }))],
    rules: ({ source, targets }) => {
      const placeOf = (name: string): string =>
        targets.find((target) => target.name === name)?.repository ?? source;
      const places = targets.map(
        ({ name, repository }) => `  ${name}: { repository: '${repository}' }`,
      );
      const rules = flows.map(
        ([from, to]) =>
          `  - { name: from-${from}, source: '${placeOf(from)}', targets: [${to.join(', ')}] }`,
      );
      return `targets:\n${places.join('\n')}\nrules:\n${rules.join('\n')}\n`;
    },
  });
  stack.open = opened;
  try {
    await release(opened, 'v0.0.0');
    const results: Measurement[] = [];
    for (let run = 0; run < RUNS; run++) results.push(await release(opened, `v1.0.${run}`));
    const sorted = results.toSorted((a, b) => a.seconds - b.seconds);
    return sorted[Math.floor(RUNS / 2)] ?? { seconds: NaN, requestsAtFirstSource: NaN };
  } finally {
    await opened.close();
  }
}

async function release(stack: Stack, tag: string): Promise<Measurement> {
  const layers = [1, 2, 3, 4].map((at) => layer({ seed: `${tag} ${at}`, size: LAYER_BYTES }));
  const content = image({ layers });
  const [registry = '', ...path] = `${stack.source}/api`.split('/');
  await push(content, { registry, repository: path.join('/'), tag });
  stack.vendor.requests.reset();
  const started = performance.now();
  for (const { name, host } of stack.customers) {
    const at = { registry: host.address, repository: `${name}/vendor/api` };
    while ((await readImage(at, tag)).digest !== content.root.digest) await sleep(5);
  }
  const seconds = (performance.now() - started) / 1000;
  await stack.broker?.whenQuiet();
  return { seconds, requestsAtFirstSource: stack.vendor.requests.of().length };
}
