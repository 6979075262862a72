import { setTimeout as sleep } from 'node:timers/promises';
import type { LogEntry } from '../../local/stack/log-entry';
import type { KindName } from '../../shared/rules/artifact';
import { KIND_NAMES } from '../../shared/kinds/kinds';
import type { GatewayFigures } from './gateway';
import { expectationOf } from './model';
import { planMoves } from './moves';
import type { Observed } from './observer';
import { play } from './play';
import { createRandom } from '../support/random';
import { openSubscriptionReader } from '../../shared/dead-letters/subscription-reader';
import { systemClock } from '../../shared/system/clock';
import { differences } from './verify';
import { DEAD_LETTERS, openWorld, type World, type WorldOptions } from './world';

export interface ChaosOptions extends Omit<WorldOptions, 'onLog' | 'onCrash'> {
  /** How many releases. */
  readonly pushes: number;
  readonly killEveryMs: number;
  /** How long all that one customer has is down at first. */
  readonly outageMs: number;
  /** The longest pause between two pushes. */
  readonly pauseMs: number;
  /** Then it must be over. */
  readonly timeoutMs: number;
  readonly onProgress?: (line: string) => void;
}

const TELL_EVERY_MS = 10_000;

/** What happened, and what is wrong about it. */
export interface ChaosReport extends GatewayFigures {
  readonly seed: number;
  readonly pushes: number;
  readonly targets: number;
  readonly kills: number;
  readonly seconds: number;
  readonly kinds: Readonly<Record<KindName, KindReport>>;
  /** Log lines by outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Messages that were never acknowledged. */
  readonly unacknowledged: number;
  /** Releases that a target lacks, or holds in an older version. */
  readonly lost: number;
  /** Empty: all is as it must be. */
  readonly problems: readonly string[];
}

export interface KindReport extends Observed {
  /** Operations that failed. */
  readonly faults: number;
}

/** Lets everything go wrong at once, waits until nothing is left to deliver, and compares with what the moves alone say. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const started = performance.now();
  const { seed, pushes, pauseMs, timeoutMs, onProgress = () => undefined } = options;
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
    const { customers, gateway, instances } = world;
    const moves = planMoves(seed, pushes);
    const killing = instances.killing(options.killEveryMs, createRandom(seed + 2), stop.signal);
    const over = AbortSignal.any([stop.signal, crash.signal]);
    const ending = sleep(timeoutMs, 'late', { signal: over }).catch(() => 'over');
    void endOutage(world, options.outageMs, stop.signal);

    await play(world, moves, { random: createRandom(seed + 3), pauseMs });
    onProgress(`${moves.length} releases sent, waiting until all is quiet`);
    const telling = setInterval(() => onProgress(describe(world)), TELL_EVERY_MS);
    const end = await Promise.race([world.whenQuiet(stop.signal), ending]);
    clearInterval(telling);
    stop.abort();
    await killing;
    if (end === 'late') problems.push(`not quiet in time: ${gateway.open().join(', ')}`);

    const different = await differences(expectationOf(moves), customers, world.stages);
    problems.push(...different.map(({ problem }) => problem));
    problems.push(...(await readDeadLetters()));
    const kinds = reportKinds(world);
    problems.push(...KIND_NAMES.flatMap((kind) => problemsSeen(kind, kinds[kind])));
    return {
      ...gateway.figures(),
      seed,
      pushes: moves.length,
      targets: customers.length,
      kills: instances.kills(),
      seconds: Math.round((performance.now() - started) / 1000),
      kinds,
      outcomes,
      unacknowledged: gateway.open().length,
      lost: different.filter(({ isLost }) => isLost).length,
      problems,
    };
  } finally {
    stop.abort();
    await world.close();
  }
}

/** Nothing here is worth one. */
async function readDeadLetters(): Promise<string[]> {
  const reader = await openSubscriptionReader(DEAD_LETTERS, systemClock);
  const found: string[] = [];
  for await (const some of reader.read()) {
    found.push(...some.map(({ attributes }) => `a dead letter: ${JSON.stringify(attributes)}`));
  }
  await reader.close();
  return found;
}

function describe({ gateway }: World): string {
  const { messages, deliveries } = gateway.figures();
  return `${messages} messages, ${deliveries} deliveries; to be acknowledged: ${gateway.open().length}`;
}

async function endOutage({ stages }: World, after: number, stop: AbortSignal): Promise<void> {
  await sleep(after, undefined, { signal: stop }).catch(() => undefined);
  for (const kind of KIND_NAMES) stages[kind].endOutage();
}

function reportKinds({ stages }: World) {
  const report = (kind: KindName): KindReport => ({
    ...stages[kind].observed(),
    faults: stages[kind].faults(),
  });
  return { image: report('image'), template: report('template'), object: report('object') };
}

/** Objects never step back: their writes have preconditions. */
function problemsSeen(
  kind: KindName,
  { incomplete, stepsBack, unexplained }: KindReport,
): string[] {
  const isTooMany = kind === 'object' && stepsBack > 0;
  return [
    ...incomplete,
    ...unexplained,
    ...(isTooMany ? [`${stepsBack} visible steps back of objects`] : []),
  ];
}
