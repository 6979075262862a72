import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '../../shared/system/clock';

/** What the embedded servers take from the machine, unless they are handed something else. */
export interface Machine {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** Unique, unguessable names of uploads, links and tokens. */
  readonly names: () => string;
}

export const machine: Machine = { clock: systemClock, names: () => randomUUID() };
