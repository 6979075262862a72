import { UncopyableError } from '../copying/errors';
import { classifyFailure } from '../delivery/classify-failure';
import { FAILURES } from '../delivery/failures';
import type { KindName, SourceRelease } from '../rules/artifact';
import { pauseOf } from '../rules/pauses';
import type { Finding, Found, Trouble } from './finding';
import type { Inspection } from './inspection';
import { troubleOfOpenCircuit, type CircuitBreaker } from './circuit-breaker';
import type { Wanted } from './wanted';

/** Asks targets for what they should hold. One for a run: it remembers what it read of a source, and which target is down. */
export interface Comparison {
  /**
   * One finding for each that is still at the source, in the same order. `releases` is all that the list had: it shows what
   * is attached. What fails is in the findings, and only an ended run throws.
   */
  compare(
    wanted: readonly Wanted[],
    releases: readonly SourceRelease[],
    onFinding?: () => void,
  ): Promise<Finding[]>;
  /** For each, in the same order, why it is not to be released yet, or why that is unknown; targets are not asked. */
  holds(wanted: readonly Wanted[]): Promise<(Hold | undefined)[]>;
}

/** Why something is not to be released yet. */
export interface Hold extends Trouble {
  readonly state: 'held' | 'waiting' | 'unreachable';
}

/** One for each kind. */
export type Inspections = Readonly<Record<KindName, Inspection>>;

/** `now`: milliseconds since 1970. */
export function createComparison(
  inspections: Inspections,
  circuitBreaker: CircuitBreaker,
  now: () => number,
): Comparison {
  return {
    async compare(wanted, releases, onFinding = () => undefined) {
      for (const { learn } of Object.values(inspections)) learn?.(releases);
      await Promise.all(
        Object.entries<Inspection>(inspections).map(async ([kind, inspection]) => {
          await inspection.prepare?.(wanted.filter((one) => one.kind === kind));
        }),
      );
      const findings = await Promise.all(
        wanted.map(async (one) => {
          const found = await inspect(inspections[one.kind], one, circuitBreaker);
          onFinding();
          const pause = pauseOf(one.target, now());
          return found && { ...one, ...found, ...(pause && { pause }) };
        }),
      );
      return findings.filter((finding) => finding !== undefined);
    },
    holds: (wanted) => Promise.all(wanted.map((one) => holdOf(inspections[one.kind], one))),
  };
}

async function holdOf(inspection: Inspection, wanted: Wanted): Promise<Hold | undefined> {
  try {
    const why = await inspection.hold?.(wanted);
    if (!why) return undefined;
    const isWaiting = FAILURES[why.reason].ends === 'waiting';
    return { state: isWaiting ? 'waiting' : 'held', ...troubleOf(why) };
  } catch (error) {
    return { state: 'unreachable', ...troubleOf(error) };
  }
}

async function inspect(
  inspection: Inspection,
  wanted: Wanted,
  circuitBreaker: CircuitBreaker,
): Promise<Found | undefined> {
  const { name } = wanted.target;
  let digest: string | undefined;
  try {
    digest = await inspection.resolve(wanted);
  } catch (error) {
    const state = error instanceof UncopyableError ? 'missing' : 'unreachable';
    return { state, trouble: troubleOf(error) };
  }
  if (digest === undefined) return undefined;
  let found: Found;
  try {
    found = await inspection.inspect(wanted, digest, () => circuitBreaker.answered(name));
  } catch (error) {
    const known = troubleOfOpenCircuit(error);
    if (known) return { digest, state: 'unreachable', trouble: known };
    const trouble = troubleOf(error);
    circuitBreaker.failed(name, trouble);
    return { digest, state: 'unreachable', trouble };
  }
  const isLacking = found.state === 'missing' || found.state === 'stale';
  if (!isLacking || found.trouble !== undefined) return found;
  const hold = await holdOf(inspection, wanted);
  if (hold === undefined) return found;
  const { state, ...trouble } = hold;
  return { ...found, state, trouble };
}

/** A comparison has no history: what the failure table says of a first failure. */
const NEW = { seconds: 0, graceSeconds: 0, continued: 0, stalled: 0 };

function troubleOf(error: unknown): Trouble {
  const { reason, error: said, remedy } = classifyFailure(error, NEW);
  return { reason, error: said, remedy };
}
