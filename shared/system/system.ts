import { systemClock, type Clock } from './clock';

/** A number from 0 up to, and without, 1. */
export type Random = () => number;

/** What makes two runs of the same work differ: it is handed to all that needs it. */
export interface System {
  /** One for every wait, deadline and age. */
  readonly clock: Clock;
  /** One for every jitter. */
  readonly random: Random;
}

/** The clock and randomness of the machine, for composition roots. */
export const system: System = { clock: systemClock, random: () => Math.random() };
