import type { Clock } from '../system/clock';
import type { RepositoryName } from './reference';

/** Remembers which repositories have a referrers API: a single answer may be a proxy's, or that of a server that starts. */
export interface ReferrersApiMemory {
  /** It was said to be absent twice in a row, minutes ago at most. */
  isAbsent(name: RepositoryName): boolean;
  /** It has answered within the hour. */
  isPresent(name: RepositoryName): boolean;
  /** A request that began at `asked` was answered so. Requests under way at the same time count as one. */
  absent(name: RepositoryName, asked: number): void;
  present(name: RepositoryName): void;
  /** An absence that is known must be confirmed. */
  recheck(name: RepositoryName): void;
}

/**
 * A registry may be upgraded, or the answer may have been a stray one: attachments are missed for no longer than this.
 */
const ABSENT_MS = 5 * 60_000;
/** A registry may lose its API, too: until this has passed, that is a failure and is tried again. */
const PRESENT_MS = 60 * 60_000;

interface Said {
  readonly isAbsent: boolean;
  /** How often in a row. */
  readonly times: number;
  readonly at: number;
  readonly until: number;
}

export function createReferrersApiMemory(clock: Pick<Clock, 'monotonic'>): ReferrersApiMemory {
  const said = new Map<string, Said>();
  const keyOf = ({ registry, repository }: RepositoryName) => `${registry}/${repository}`;
  const current = (name: RepositoryName): Said | undefined => {
    const last = said.get(keyOf(name));
    return last && last.until > clock.monotonic() ? last : undefined;
  };
  const lasting = (forMs: number): Pick<Said, 'at' | 'until'> => {
    const at = clock.monotonic();
    return { at, until: at + forMs };
  };
  return {
    isAbsent(name) {
      const last = current(name);
      return last?.isAbsent === true && last.times > 1;
    },
    isPresent: (name) => current(name)?.isAbsent === false,
    absent(name, asked) {
      const last = current(name);
      if (last?.isAbsent === true && asked < last.at) return;
      const times = last?.isAbsent === true ? last.times + 1 : 1;
      said.set(keyOf(name), { isAbsent: true, times, ...lasting(ABSENT_MS) });
    },
    present(name) {
      said.set(keyOf(name), { isAbsent: false, times: 1, ...lasting(PRESENT_MS) });
    },
    recheck(name) {
      if (current(name)?.isAbsent === true) said.delete(keyOf(name));
    },
  };
}
