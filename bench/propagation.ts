import { setTimeout as sleep } from 'node:timers/promises';
import { image, index } from '../local/images/image';
import { layer } from '../local/images/layer';
import { push } from '../local/images/push';
import { createStack, type Stack, type StackOptions } from '../local/stack/stack';
import { startPubSubEmulator } from '../test/interop/servers';
import { findTool, run } from '../test/interop/tools';
import { startProxy } from './copy/proxy';
import { milliseconds, spread, type Section, type Spread } from './report';

const CASES = [
  { targets: 20, roundTripMs: 0, runs: 3 },
  { targets: 200, roundTripMs: 0, runs: 3 },
  // One after another they take half a minute.
  { targets: 20, roundTripMs: 50, runs: 2 },
];
const LAYER_BYTES = 256 * 1024;
const EMULATED = "registry-relay, Google's emulator";
const IN_TURN = 'gcrane, target by target';

const peer = (['gcrane', 'crane'] as const).find((tool) => findTool(tool) !== undefined);

/** One push to many targets, from the push to the last tag, compared with one process of gcrane for each target in turn. */
export async function benchPropagation(): Promise<Section> {
  const hasEmulator = findTool('java') !== undefined && findTool('pubsub-emulator') !== undefined;
  const emulator = hasEmulator ? await startPubSubEmulator() : undefined;
  const rows: string[][] = [];
  try {
    for (const each of CASES) {
      const times = await measure(each, emulator?.address);
      const base = times.get(IN_TURN)?.median ?? NaN;
      for (const [name, time] of times) {
        const ratio = (time.median / base).toFixed(2);
        rows.push([`${each.targets}`, `${each.roundTripMs} ms`, name, milliseconds(time), ratio]);
      }
    }
  } finally {
    await emulator?.stop();
  }
  return {
    title: 'One push to many targets',
    about: `From the push of an image for two platforms (four layers, 1 MiB) to the last tag, with one process of each function; and the same image copied by one \`gcrane cp\` for each target in turn, as the common Cloud Run recipe does. Plain HTTP; ${CASES.map(({ runs }) => runs).join(', ')} runs of the ${CASES.length} cases. The functions are warm, gcrane is a process that starts for each target. Google's emulator has no more than two deliveries of a subscription on their way, however quickly they are answered; Pub/Sub has up to 3,000, and the embedded broker does as Pub/Sub does.`,
    columns: ['targets', 'round trip to them', 'by', 'time', 'times gcrane'],
    rows,
  };
}

/** Each way in turn, run by run, so that what else the machine does meets all alike. */
async function measure(
  { targets, roundTripMs, runs }: (typeof CASES)[number],
  emulator?: string,
): Promise<Map<string, Spread>> {
  const names = Array.from({ length: targets }, (_, at) => `t${at}`);
  const times = new Map<string, number[]>();
  const ways: [string, StackOptions][] = [
    ...(emulator === undefined ? [] : [[EMULATED, { emulator }] as [string, StackOptions]]),
    ['registry-relay, embedded broker', {}],
  ];
  for (const [name, options] of ways) {
    let host = '';
    const proxy = await startProxy(() => host, roundTripMs);
    const stack = await openStack(names, proxy.address, options);
    host = stack.customers[0]?.host.address ?? '';
    try {
      await propagate(stack, names, 'v0.0.1');
      for (let at = 0; at < runs; at++) {
        const tag = `v1.${at}.0`;
        add(name, await propagate(stack, names, tag));
        if (name !== EMULATED && peer) {
          add(IN_TURN, await inTurn(`${stack.source}/api:${tag}`, proxy.address, peer, names));
        }
      }
    } finally {
      await stack.close();
      proxy.close();
    }
  }
  return new Map([...times].map(([name, values]) => [name, spread(values)]));

  function add(name: string, value: number): void {
    times.set(name, [...(times.get(name) ?? []), value]);
  }
}

function openStack(
  names: readonly string[],
  target: string,
  options: StackOptions,
): Promise<Stack> {
  return createStack({
    ...options,
    port: 0,
    customers: [{ name: 'all' }],
    broker: { largestPushWindow: 3000 },
    environment: { LOG_LEVEL: 'error' },
    rules: ({ source }) => rulesFor(source, `${target}/all/vendor`, names),
  });
}

/** Milliseconds from the push to the last tag. */
async function propagate(stack: Stack, names: readonly string[], tag: string): Promise<number> {
  const [registry = '', ...path] = `${stack.source}/api`.split('/');
  const content = contentOf(tag);
  const started = performance.now();
  await push(content, { registry, repository: path.join('/'), tag });
  const host = stack.customers[0]?.host;
  for (const name of names) {
    while ((await host?.digestOf(`all/vendor/${name}/api`, tag)) !== content.root.digest) {
      await sleep(5);
    }
  }
  return performance.now() - started;
}

async function inTurn(
  source: string,
  target: string,
  peer: 'crane' | 'gcrane',
  names: readonly string[],
): Promise<number> {
  const started = performance.now();
  for (const name of names) {
    await run(peer, ['cp', source, `${target}/by-${peer}/${name}/${source.split('/').at(-1)}`]);
  }
  return performance.now() - started;
}

function contentOf(seed: string) {
  const entries = ['amd64', 'arm64'].map((architecture) => {
    const platform = { os: 'linux', architecture };
    const layers = ['base', 'program'].map((part) =>
      layer({ seed: `${seed} ${part} ${architecture}`, size: LAYER_BYTES }),
    );
    return { image: image({ layers, platform }), platform };
  });
  return index({ entries });
}

function rulesFor(source: string, repository: string, names: readonly string[]): string {
  const targets = names.map((name) => `  ${name}: { repository: '${repository}/${name}' }`);
  return `targets:
${targets.join('\n')}
rules:
  - name: all
    source: ${source}
    images: [api]
    tags: { include: ['v*'] }
    targets: [${names.join(', ')}]
`;
}
