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
  /** Among how many of the first seeds it is found; default 500. More is for what needs things to meet that hardly ever do. */
  readonly within?: number;
}
