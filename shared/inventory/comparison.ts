import { UncopyableError } from '../copying/errors';
import { judge } from '../delivery/verdict';
import type { Kind } from '../rules/artifact';
import type { Finding, Found, Trouble } from './finding';
import type { Inspection } from './inspection';
import { troubleOfOutage, type Outages } from './outages';
import type { SourceRelease } from './release';
import type { Wanted } from './wanted';

/** Asks targets for what they should hold. One for a run: it remembers what it read of a source, and which target is down. */
export interface Comparison {
  /**
   * One finding for each that is still at the source, in the same order. `releases` is all that the list had: it tells what
   * is attached. What fails is in the findings, and only an ended run throws.
   */
  compare(
    wanted: readonly Wanted[],
    releases: readonly SourceRelease[],
    onFinding?: () => void,
  ): Promise<Finding[]>;
}

/** One for each kind. */
export type Inspections = { readonly [K in Kind]: Inspection<K> };

export function createComparison(inspections: Inspections, outages: Outages): Comparison {
  return {
    async compare(wanted, releases, onFinding = () => undefined) {
      for (const { learn } of Object.values(inspections)) learn?.(releases);
      const findings = await Promise.all(
        wanted.map(async (one) => {
          const found = await inspect(inspections[one.kind], one, outages);
          onFinding();
          return found && { ...one, ...found };
        }),
      );
      return findings.filter((finding) => finding !== undefined);
    },
  };
}

async function inspect(
  inspection: Inspection,
  wanted: Wanted,
  outages: Outages,
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
  try {
    return await inspection.inspect(wanted, digest, () => outages.answered(name));
  } catch (error) {
    const known = troubleOfOutage(error);
    if (known) return { digest, state: 'unreachable', trouble: known };
    const trouble = troubleOf(error);
    outages.failed(name, trouble);
    return { digest, state: 'unreachable', trouble };
  }
}

/** A comparison has no history: what the failure table says of a first failure. */
const NEW = { seconds: 0, graceSeconds: 0, continued: 0, stalled: 0 };

function troubleOf(error: unknown): Trouble {
  const { reason, error: said, remedy } = judge(error, NEW);
  return { reason, error: said, remedy };
}
