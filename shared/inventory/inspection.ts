import { FAILURES } from '../delivery/failures';
import { formatReference } from '../oci/reference';
import type { Found, Trouble } from './finding';
import type { SourceRelease } from './release';
import type { Wanted, WantedTag } from './wanted';

/** How the releases of one kind are compared. */
export interface Inspection<One extends Wanted> {
  /**
   * What the target is to hold. Undefined: the source has it no more.
   *
   * @throws {UncopyableError}, and what asking the source throws.
   */
  resolve(wanted: One): Promise<string | undefined>;
  /** What the target holds. `answered` is called once it has said something. @throws what asking throws. */
  inspect(wanted: One, digest: string, answered: () => void): Promise<Found>;
  /** All that the source's list had: it tells what is attached. */
  readonly learn?: (releases: readonly SourceRelease[]) => void;
}

/** What a target's tag says, when it should hold `wanted`. */
export function judgeTag({ rule, destination }: WantedTag, wanted: string, held?: string): Found {
  if (held === undefined) return { digest: wanted, state: 'missing' };
  if (held === wanted) return { digest: wanted, held, state: 'current' };
  const found = { digest: wanted, held, state: 'stale' } as const;
  if (!rule.immutable) return found;
  const error = `${formatReference(destination)} may not be moved to ${wanted}`;
  const trouble: Trouble = {
    reason: 'tag-conflict',
    error,
    remedy: FAILURES['tag-conflict'].remedy,
  };
  return { ...found, trouble };
}

/** Reads something once for each key. */
export function createMemory<T>(): (key: string, read: () => Promise<T>) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key, read) => {
    const reading = known.get(key) ?? read();
    known.set(key, reading);
    return reading;
  };
}
