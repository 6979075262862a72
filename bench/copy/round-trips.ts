import { image, index } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import type { Image } from '../../local/images/content';
import { push } from '../../local/images/push';
import { startDockerRegistry } from '../../test/interop/servers';
import type { PubSubServer } from '../pubsub';
import { spread, type Section } from '../report';
import { startEngines, type Engine } from './engines';
import { startProxy } from './proxy';

const RUNS = 5;
const FAR_MS = 50;

const small = (seed: string): Image =>
  image({
    layers: Array.from({ length: 5 }, (_, at) => layer({ seed: `${seed} ${at}`, size: 20_000 })),
    config: { seed },
  });
const platforms = (seed: string): Image =>
  index({
    entries: ['amd64', 'arm64', 's390x'].map((architecture) => ({
      image: small(`${seed} ${architecture}`),
      platform: { os: 'linux', architecture },
    })),
  });

/** What a copy of little content takes: requests, and the time that they take when registries are far away. */
export async function benchRoundTrips(pubsub: PubSubServer, folder: string): Promise<Section[]> {
  const source = await startDockerRegistry();
  const target = await startDockerRegistry();
  const publish = (content: Image, tag: string) =>
    push(content, { registry: source.address, repository: 'bench/api', tag });
  await publish(small('one'), 'image');
  await publish(platforms('one'), 'index');
  try {
    const requests = await measureAt(0, 1, { pubsub, folder, source, target });
    const far = await measureAt(FAR_MS, RUNS, { pubsub, folder, source, target });
    return [
      {
        title: 'Requests of a copy',
        about:
          'Between two docker-registry 2.8: an image of 5 layers, an index of 3 such images, nothing to do, and a tag moved to an image that is there. Connections in parentheses. Without attachments, which crane, oras and skopeo do not copy and regctl only when asked.',
        columns: ['', ...CASES.map(({ name }) => name)],
        rows: requests.map(({ engine, cells }) => [
          engine,
          ...cells.map(({ requests, connections }) => `${requests} (${connections})`),
        ]),
      },
      {
        title: `The same at ${FAR_MS} ms`,
        about: `Seconds, with ${FAR_MS} ms of round-trip time added to both registries; ${RUNS} runs of each in turn. Goal for the warm function: at most 0.45, 0.35, 0.3 and 0.9 of the best peer.`,
        columns: ['', ...CASES.map(({ name }) => name)],
        rows: withBestPeer(far),
      },
    ];
  } finally {
    await Promise.all([source.stop(), target.stop()]);
  }
}

interface Place {
  readonly pubsub: PubSubServer;
  readonly folder: string;
  readonly source: { readonly address: string };
  readonly target: { readonly address: string };
}

interface Cell {
  readonly seconds: number;
  readonly requests: number;
  readonly connections: number;
}

interface Row {
  readonly engine: string;
  readonly cells: readonly Cell[];
}

/** Each is measured in a repository of its own. */
const CASES = [
  { name: 'fresh image', tag: 'image' },
  { name: 'fresh index', tag: 'index' },
  { name: 'nothing to do', tag: 'image', again: true },
  { name: 'tag moved', moves: true },
] as const;

let nextTarget = 0;

async function measureAt(roundTripMs: number, runs: number, place: Place): Promise<Row[]> {
  const [near, far] = [
    await startProxy(place.source.address, roundTripMs),
    await startProxy(place.target.address, roundTripMs),
  ];
  nextTarget = 0;
  const setting = { ...place, sourceHost: near.address, targetHost: far.address };
  const engines = await startEngines(setting);
  const cells = new Map<string, Cell[][]>();
  const count = () => ({
    requests: near.requests() + far.requests(),
    connections: near.connections() + far.connections(),
  });
  try {
    await warmUp(engines, near.address, far.address);
    for (let run = 0; run < runs; run++) {
      for (const engine of engines) {
        for (const [at, example] of CASES.entries()) {
          const to = `${far.address}/t${nextTarget++}/api`;
          const prepared = await prepare(example, engine, place, near.address, to);
          count();
          const { wallSeconds } = await engine.copy(
            prepared,
            `${to}:${prepared.split(':').at(-1) ?? ''}`,
          );
          const row = cells.get(engine.name) ?? CASES.map(() => []);
          row[at]?.push({ seconds: wallSeconds, ...count() });
          cells.set(engine.name, row);
        }
      }
    }
  } finally {
    await Promise.all(engines.map((engine) => engine.stop()));
    near.close();
    far.close();
  }
  return [...cells].map(([engine, row]) => ({ engine, cells: row.map(middle) }));
}

/** Connections and code are warm in the function that stays up; nobody else has anything to warm. */
async function warmUp(engines: readonly Engine[], source: string, target: string): Promise<void> {
  for (const tag of ['image', 'index']) {
    await engines[0]?.copy(`${source}/bench/api:${tag}`, `${target}/t${nextTarget++}/api:${tag}`);
  }
}

/** Gives the source reference to measure. A tag of its own for each run, so that moving it disturbs nobody. */
async function prepare(
  example: (typeof CASES)[number],
  engine: Engine,
  { source }: Place,
  near: string,
  to: string,
): Promise<string> {
  if (!('moves' in example)) {
    const from = `${near}/bench/api:${example.tag}`;
    if ('again' in example) await engine.copy(from, `${to}:${example.tag}`);
    return from;
  }
  const tag = `moving-${nextTarget}`;
  const at = { registry: source.address, repository: 'bench/api', tag };
  const [old, next] = [small('one'), small('two')];
  // The target gets the next image first, then the old one: then the tag moves to what is there.
  for (const content of [next, old]) {
    await push(content, at);
    await engine.copy(`${near}/bench/api:${tag}`, `${to}:${tag}`);
  }
  await push(next, at);
  return `${near}/bench/api:${tag}`;
}

function middle(cells: readonly Cell[]): Cell {
  const of = (key: keyof Cell): number => spread(cells.map((cell) => cell[key])).median;
  return { seconds: of('seconds'), requests: of('requests'), connections: of('connections') };
}

function withBestPeer(rows: readonly Row[]): string[][] {
  const peers = rows.slice(2);
  const best = CASES.map((_, at) => Math.min(...peers.map(({ cells }) => cells[at]?.seconds ?? 0)));
  return [
    ...rows.map(({ engine, cells }) => [engine, ...cells.map(({ seconds }) => seconds.toFixed(2))]),
    ...rows
      .slice(0, 2)
      .map(({ engine, cells }) => [
        `**${engine}, of the best peer**`,
        ...cells.map(({ seconds }, at) => (seconds / (best[at] ?? NaN)).toFixed(2)),
      ]),
  ];
}
