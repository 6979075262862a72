import { image, index } from '../../local/images/image';
import { layer } from '../../local/images/layer';
import type { Image } from '../../local/images/content';
import { push } from '../../local/images/push';
import { startDockerRegistry } from '../../test/interop/servers';
import type { PubSubServer } from '../pubsub';
import { spread, written, type Section, type Spread } from '../report';
import { startEngines, TARGETS, type Engine } from './engines';
import { startProxy } from './proxy';

const RUNS = 5;
const FAR_MS = 50;

function small(seed: string): Image {
  return image({
    layers: Array.from({ length: 5 }, (_, at) => layer({ seed: `${seed} ${at}`, size: 20_000 })),
    config: { seed },
  });
}

function platforms(seed: string): Image {
  return index({
    entries: ['amd64', 'arm64', 's390x'].map((architecture) => ({
      image: small(`${seed} ${architecture}`),
      platform: { os: 'linux', architecture },
    })),
  });
}

/** What a copy of little content takes: requests, and the time that they take when registries are far away. */
export async function benchRoundTrips(
  pubsub: PubSubServer,
  folder: string,
  { against }: { readonly against?: string },
): Promise<Section[]> {
  const source = await startDockerRegistry();
  const target = await startDockerRegistry();
  try {
    const place = { pubsub, folder, against, source, target };
    const requests = await measureAt(0, 1, place);
    const far = await measureAt(FAR_MS, RUNS, place);
    const ours = far.filter(({ engine }) => engine.role !== 'peer');
    return [
      {
        title: 'Requests of a copy',
        about:
          'Between two docker-registry 2.8, plain HTTP, one run: an image of 5 layers, an index of 3 such images, nothing to do, a tag moved to an image that is there, and a second tag of an image that another process has copied. Each engine gets content of its own. The function gets jobs as planCopies makes them, with the digest. Connections in parentheses. Without attachments, which crane, oras and skopeo do not copy and regctl only when asked.',
        columns: ['', ...requests.map(({ engine }) => engine.name)],
        rows: CASES.map(({ name }, at) => [
          name,
          ...requests.map(({ cells }) => {
            const cell = cells[at];
            return cell ? `${cell.requests} (${cell.connections})` : '';
          }),
        ]),
      },
      {
        title: `The same at ${FAR_MS} ms`,
        about: `Seconds over plain HTTP, with ${FAR_MS} ms of round-trip time added to both registries; ${RUNS} runs of each in turn. The function is warm: its process, code and connections are there, and it has copied other content. All others, our own command with them, are processes that start, and only they can be compared like with like. "Of the best peer" is the share of what the best of the four peers needs.`,
        columns: ['', ...far.map(({ engine }) => engine.name), ...ours.flatMap(shareColumns)],
        rows: CASES.map(({ name, goals }, at) => [
          name,
          ...far.map(({ cells }) => (cells[at] ? written(cells[at].seconds, 2) : '')),
          ...ours.flatMap((row) => [
            (secondsOf(row, at) / bestPeer(far, at)).toFixed(2),
            goals?.[row.engine.role]?.toString() ?? '',
          ]),
        ]),
      },
    ];
  } finally {
    await Promise.all([source.stop(), target.stop()]);
  }
}

interface Place {
  readonly pubsub: PubSubServer;
  readonly folder: string;
  readonly against: string | undefined;
  readonly source: { readonly address: string };
  readonly target: { readonly address: string };
}

function shareColumns({ engine }: Row): string[] {
  return [`${engine.name}, of the best peer`, 'goal: at most'];
}

interface Run {
  readonly seconds: number;
  readonly requests: number;
  readonly connections: number;
}

interface Cell {
  readonly seconds: Spread;
  readonly requests: number;
  readonly connections: number;
}

interface Row {
  readonly engine: Engine;
  readonly cells: readonly Cell[];
}

interface Case {
  readonly name: string;
  readonly content: (seed: string) => Image;
  /** What the target has beforehand: the same content under these tags, and then perhaps another under the tag to come. */
  readonly before?: { readonly tags: readonly string[]; readonly then?: Image };
  /** Of the time of the best peer. */
  readonly goals?: Partial<Record<Engine['role'], number>>;
}

const TAG = 'v1';
const CASES: readonly Case[] = [
  { name: 'fresh image', content: small, goals: { warm: 0.45, command: 1 } },
  { name: 'fresh index', content: platforms, goals: { warm: 0.35, command: 1 } },
  { name: 'nothing to do', content: small, before: { tags: [TAG] }, goals: { warm: 0.3 } },
  {
    name: 'tag moved',
    content: small,
    before: { tags: [TAG], then: small('old') },
    goals: { warm: 0.9 },
  },
  { name: 'second tag', content: small, before: { tags: ['first'] } },
];

let copies = 0;

async function measureAt(roundTripMs: number, runs: number, place: Place): Promise<Row[]> {
  const [near, far] = [
    await startProxy(place.source.address, roundTripMs),
    await startProxy(place.target.address, roundTripMs),
  ];
  copies = 0;
  const setting = { ...place, sourceHost: near.address, targetHost: far.address };
  const engines = await startEngines(setting);
  const cells = new Map(engines.map((engine) => [engine, CASES.map((): Run[] => [])]));
  const count = () => ({
    requests: near.requests() + far.requests(),
    connections: near.connections() + far.connections(),
  });
  try {
    // Connections and code are warm in a function that stays up; the others have nothing to warm.
    for (const engine of engines.filter(({ role }) => role === 'warm')) {
      for (const example of CASES) await measure(engine, example, place, [near, far]);
    }
    for (let run = 0; run < runs; run++) {
      for (const [engine, row] of cells) {
        for (const [at, example] of CASES.entries()) {
          count();
          const seconds = await measure(engine, example, place, [near, far]);
          row[at]?.push({ seconds, ...count() });
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

/** Seconds of one copy, of content and to a repository that no other engine has used. What is there before is pushed past the proxies. */
async function measure(
  engine: Engine,
  { content, before }: Case,
  { source, target }: Place,
  [near, far]: readonly [{ readonly address: string }, { readonly address: string }],
): Promise<number> {
  const number = copies++;
  const [repository, name] = [`bench/api${number}`, `t${number % TARGETS}`];
  const image = content(`${near.address} ${number}`);
  await push(image, { registry: source.address, repository, tag: TAG });
  const there = { registry: target.address, repository: `${name}/api${number}` };
  for (const tag of before?.tags ?? []) await push(image, { ...there, tag });
  if (before?.then) await push(before.then, { ...there, tag: TAG });
  const { wallSeconds } = await engine.copy(
    `${near.address}/${repository}:${TAG}`,
    `${far.address}/${name}/api${number}:${TAG}`,
    image.root.digest,
  );
  return wallSeconds;
}

function middle(runs: readonly Run[]): Cell {
  const of = (key: keyof Run): Spread => spread(runs.map((run) => run[key]));
  return {
    seconds: of('seconds'),
    requests: of('requests').median,
    connections: of('connections').median,
  };
}

function secondsOf(row: Row | undefined, at: number): number {
  return row?.cells[at]?.seconds.median ?? Number.NaN;
}

function bestPeer(rows: readonly Row[], at: number): number {
  const peers = rows.filter(({ engine }) => engine.role === 'peer');
  return Math.min(...peers.map((row) => secondsOf(row, at)));
}
