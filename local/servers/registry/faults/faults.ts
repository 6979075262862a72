import { mulberry32 } from '../../mulberry32';
import type { Kind, Route } from '../routes';
import type { Effect, Fault } from './fault';

/** The faults that are set; the first that meets a request decides. */
export interface Faults<K extends string = Kind> {
  readonly add: (fault: Fault<K>) => SetFault;
  readonly clear: () => void;
}

interface SetFault {
  /** How many requests it has met. */
  readonly hits: () => number;
  readonly remove: () => void;
}

/** The reading side. */
export interface FaultSource<K extends string = Kind> extends Faults<K> {
  readonly pick: (route: Route<K>) => Effect | undefined;
}

interface Armed extends SetFault {
  readonly meets: (route: Route<string>) => boolean;
  readonly effect: Effect;
}

export function createFaults<K extends string = Kind>(): FaultSource<K> {
  const armed = new Set<Armed>();
  return {
    add(fault) {
      const set: Armed = arm(fault, () => armed.delete(set));
      armed.add(set);
      return set;
    },
    clear: () => armed.clear(),
    pick: (route) => [...armed].find(({ meets }) => meets(route))?.effect,
  };
}

function arm(fault: Fault<string>, remove: () => void): Armed {
  const { on, repository, reference, after = 0, fraction, seed = 1 } = fault;
  const { times = fraction === undefined ? 1 : Infinity } = fault;
  const kinds: readonly string[] = typeof on === 'string' ? [on] : on;
  const random = mulberry32(seed);
  let seen = 0;
  let hits = 0;
  return {
    effect: fault,
    remove,
    hits: () => hits,
    meets(route) {
      const matches =
        kinds.includes(route.kind) &&
        (repository === undefined || repository === route.repository) &&
        (reference === undefined || reference === route.reference);
      if (!matches || hits >= times) return false;
      seen += 1;
      if (seen <= after || (fraction !== undefined && random() >= fraction)) return false;
      hits += 1;
      return true;
    },
  };
}
