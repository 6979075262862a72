import { setTimeout as sleep } from 'node:timers/promises';
import { image, index } from '../local/images/image';
import { layer } from '../local/images/layer';
import { push } from '../local/images/push';
import { createStack, type Stack, type StackOptions } from '../local/stack/stack';
import { startPubSubEmulator } from '../test/interop/servers';
import { findTool, run } from '../test/interop/tools';
import { milliseconds, spread, type Section } from './report';

const TARGETS = [20, 200];
const RUNS = 3;
const LAYER_BYTES = 256 * 1024;

/** One push to many targets, from the push to the last tag, beside one process of gcrane for each target in turn. */
export async function benchPropagation(): Promise<Section> {
  const hasEmulator = findTool('java') !== undefined && findTool('pubsub-emulator') !== undefined;
  const emulator = hasEmulator ? await startPubSubEmulator() : undefined;
  const rows: string[][] = [];
  try {
    for (const count of TARGETS) {
      const options = emulator ? { emulator: emulator.address } : {};
      rows.push(await compare(count, options));
    }
  } finally {
    await emulator?.stop();
  }
  const behind = emulator ? "Google's Pub/Sub emulator" : 'the embedded broker';
  return {
    title: 'One push to many targets',
    about: `From the push of an image for two platforms (four layers, 1 MiB) to the last tag, through ${behind}, with one process of each function, ${RUNS} runs; and the same image copied by one \`gcrane cp\` for each target in turn, as the common Cloud Run recipe does.`,
    columns: ['targets', 'registry-relay', 'gcrane in turn', 'ratio'],
    rows,
  };
}

async function compare(count: number, options: StackOptions): Promise<string[]> {
  const names = Array.from({ length: count }, (_, at) => `t${at}`);
  const stack = await createStack({
    ...options,
    port: 0,
    customers: [{ name: 'all' }],
    broker: { largestPushWindow: 3000 },
    environment: { LOG_LEVEL: 'error' },
    rules: ({ source, targets: [all] }) => rulesFor(source, all?.repository ?? '', names),
  });
  try {
    const ours: number[] = [];
    const theirs: number[] = [];
    const peer = (['gcrane', 'crane'] as const).find((tool) => findTool(tool) !== undefined);
    await propagate(stack, names, 'v0.0.1');
    for (let at = 0; at < RUNS; at++) {
      const tag = `v1.${at}.0`;
      ours.push(await propagate(stack, names, tag));
      if (peer) theirs.push(await inTurn(stack, peer, names, tag));
    }
    const [us, them] = [spread(ours), peer && spread(theirs)];
    return [
      String(count),
      milliseconds(us),
      them ? milliseconds(them) : 'not on this machine',
      them ? (us.median / them.median).toFixed(2) : '',
    ];
  } finally {
    await stack.close();
  }
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
  { customers, source }: Stack,
  peer: 'crane' | 'gcrane',
  names: readonly string[],
  tag: string,
): Promise<number> {
  const started = performance.now();
  for (const name of names) {
    const target = `${customers[0]?.host.address ?? ''}/by-${peer}/${name}/api:${tag}`;
    await run(peer, ['cp', `${source}/api:${tag}`, target]);
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
