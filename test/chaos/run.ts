import { setTimeout as sleep } from 'node:timers/promises';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import type { LogEntry } from '../../local/stack/log-entry';
import { readLetters } from '../../shared/jobs/letters';
import { openMailbox } from '../../shared/jobs/mailbox';
import { OPERATIONS } from './faults';
import type { GatewayFigures } from './gateway';
import { expectationOf, type Expectation } from './model';
import { planMoves, type Move } from './moves';
import type { Observed } from './observer';
import { createRandom } from './random';
import { differences, letterKey } from './verify';
import { openWorld, PROJECT, type World, type WorldOptions } from './world';

export interface ChaosOptions extends Omit<WorldOptions, 'onLog' | 'onCrash'> {
  /** How many pushes and messages. */
  readonly pushes: number;
  readonly killEveryMs: number;
  /** How long a customer's registry is down at first. */
  readonly outageMs: number;
  /** The longest pause between two pushes. */
  readonly pauseMs: number;
  /** Then it must be over. */
  readonly timeoutMs: number;
  readonly onProgress?: (line: string) => void;
}

const TELL_EVERY_MS = 10_000;

/** What happened, and what is wrong about it. */
export interface ChaosReport extends GatewayFigures, Observed {
  readonly seed: number;
  readonly pushes: number;
  readonly targets: number;
  readonly kills: number;
  readonly faults: number;
  readonly seconds: number;
  /** Most visible steps back that the protocol allows for these moves. */
  readonly stepsBackBound: number;
  /** Dead letters by reason. */
  readonly letters: Readonly<Record<string, number>>;
  /** Log lines by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Messages that were never acknowledged. */
  readonly lost: number;
  /** Empty: all is as it must be. */
  readonly problems: readonly string[];
}

/** Lets everything go wrong at once, waits until nothing is left to deliver, and compares with what the moves alone say. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const started = performance.now();
  const { seed, pushes, timeoutMs, onProgress = () => undefined } = options;
  const outcomes: Record<string, number> = {};
  const problems: string[] = [];
  const onLog = (entry: LogEntry): void => {
    const { outcome = entry.severity } = entry;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (entry.reason === 'bug') problems.push(`a bug: ${JSON.stringify(entry)}`);
  };
  const stop = new AbortController();
  const crash = new AbortController();
  const onCrash = (error: Error): void => {
    problems.push(error.message);
    crash.abort();
  };
  const world = await openWorld({ ...options, onLog, onCrash });
  try {
    const { targets, gateway, instances, observer } = world;
    const frozenAt = targets[0]!.name;
    const moves = planMoves(seed, pushes, frozenAt);
    const held = await freeze(world);
    const killing = instances.killing(options.killEveryMs, createRandom(seed + 2), stop.signal);
    const over = AbortSignal.any([stop.signal, crash.signal]);
    const ending = sleep(timeoutMs, 'late', { signal: over }).catch(() => 'over');
    void takeDown(world, options.outageMs, stop.signal);

    await play(world, moves, options);
    onProgress(`${moves.length} pushes and messages sent, waiting until all is quiet`);
    const telling = setInterval(() => onProgress(describe(world)), TELL_EVERY_MS);
    const end = await Promise.race([world.whenQuiet(), ending]);
    clearInterval(telling);
    stop.abort();
    await killing;
    if (end === 'late') problems.push(`not quiet in time: ${gateway.open().join(', ')}`);

    const expected = expectationOf(moves, targets, { target: frozenAt, held });
    problems.push(...(await differences(expected, targets)));
    const observed = observer.figures();
    problems.push(...observed.incomplete);
    const letters = await readAllLetters();
    problems.push(...compareLetters(expected, letters));
    const stepsBackBound = boundOf(expected, options.processes['copy-artifact']);
    if (observed.stepsBack > stepsBackBound) {
      problems.push(`${observed.stepsBack} visible steps back, more than ${stepsBackBound}`);
    }
    return {
      ...gateway.figures(),
      ...observed,
      seed,
      pushes: moves.length,
      targets: targets.length,
      kills: instances.kills(),
      faults: world.faults(),
      seconds: Math.round((performance.now() - started) / 1000),
      stepsBackBound,
      letters: countReasons(letters),
      outcomes,
      lost: gateway.open().length,
      problems,
    };
  } finally {
    stop.abort();
    await world.close();
  }
}

function describe({ gateway }: World): string {
  const { messages, deliveries } = gateway.figures();
  return `${messages} messages, ${deliveries} deliveries; to be acknowledged: ${gateway.open().length}`;
}

/** An image that may not be moved is at its target before it is moved, so that the move is refused. */
async function freeze({ backstage, observer, targets, publish, source }: World): Promise<string> {
  const [first] = targets;
  const release = async (seed: string): Promise<string> => {
    const content = image({ config: { seed } });
    const at = { registry: backstage.address, repository: 'vendor/releases/frozen', tag: 'stable' };
    observer.released('frozen:stable', content.root.digest, []);
    await push(content, at);
    return content.root.digest;
  };
  const held = await release('frozen');
  const job = JSON.stringify({ source: `${source}/frozen:stable`, target: first!.name });
  while ((await first!.mirror.digestOf(`${first!.prefix}frozen`, 'stable')) !== held) {
    await sleep(500);
    await publish('copy-jobs', job);
  }
  await release('moved');
  return held;
}

async function takeDown(
  { targets }: World,
  milliseconds: number,
  stop: AbortSignal,
): Promise<void> {
  const down = targets.find(({ role }) => role === 'down for a while');
  const outage = down?.host.faults.add({
    on: OPERATIONS,
    answer: { status: 503 },
    times: Infinity,
  });
  await sleep(milliseconds, undefined, { signal: stop }).catch(() => undefined);
  outage?.remove();
}

async function play(world: World, moves: readonly Move[], options: ChaosOptions): Promise<void> {
  const random = createRandom(options.seed + 3);
  const signatures = new Map<string, string[]>();
  for (const move of moves) {
    await makeMove(world, move, signatures);
    const hasty = move.kind === 'push' && move.hasty === true;
    if (!hasty) await sleep(random.next() * options.pauseMs);
  }
}

async function makeMove(
  { backstage, observer, publish, source }: World,
  move: Move,
  signatures: Map<string, string[]>,
): Promise<void> {
  if (move.kind === 'message') {
    await publish(move.topic, move.data.replace('{source}', source));
    return;
  }
  if (move.kind === 'job') {
    const { image: name, tag, target, rule } = move;
    await publish(
      'copy-jobs',
      JSON.stringify({ source: `${source}/${name}:${tag}`, target, rule }),
    );
    return;
  }
  const { content, image: name, tag, signs } = move;
  const { digest } = content.root;
  if (tag !== undefined) {
    observer.released(`${name}:${tag}`, digest, signatures.get(digest) ?? []);
  }
  await push(content, {
    registry: backstage.address,
    repository: `vendor/releases/${name}`,
    ...(tag !== undefined && { tag }),
  });
  if (signs !== undefined) signatures.set(signs, [...(signatures.get(signs) ?? []), digest]);
}

async function readAllLetters(): Promise<readonly ReturnType<typeof readLetters>[number][]> {
  const mailbox = await openMailbox(`projects/${PROJECT}/subscriptions/dead-letters`);
  try {
    return readLetters(await mailbox.pull(Infinity));
  } finally {
    await mailbox.close();
  }
}

/** Exactly the impossible ones, for the right reasons; a job that was planned twice may be given up twice. */
function compareLetters(
  expected: Expectation,
  letters: Awaited<ReturnType<typeof readAllLetters>>,
): string[] {
  const found = new Set(letters.map(letterKey));
  return [
    ...[...expected.letters].filter((key) => !found.has(key)).map((key) => `no letter: ${key}`),
    ...[...found].filter((key) => !expected.letters.has(key)).map((key) => `a letter: ${key}`),
  ];
}

function countReasons(letters: readonly { readonly reason: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of letters) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/**
 * A step back takes a writer that has read the source before a move and writes after another has written what the source was
 * moved to. Jobs for one tag queue within a process: each move can meet one such writer in each process.
 */
function boundOf({ tags }: Expectation, processes: number): number {
  const moves = [...tags.values()].flatMap((images) => [...images.values()]);
  return moves.reduce((sum, digests) => sum + (digests.length - 1) * processes, 0);
}
