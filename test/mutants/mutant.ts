import type { Invariant } from '../simulation/audit/violation';

/** A small edit of the product that makes it wrong. */
export interface Mutant {
  /** What the product does then, in a few words. */
  readonly name: string;
  /** What the simulation must find broken. */
  readonly breaks: Invariant;
  /** Stands exactly once in the product, wherever that is. */
  readonly snippet: string;
  readonly replacement: string;
}
