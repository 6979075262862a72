import type { Digest } from '../oci/digest';
import { both } from './both';

/** How often a job follows a source tag that moves while it copies. */
export const MAX_ROUNDS = 5;

/** What a convergence may do. Each call is one step that may fail, and that others may come between. */
export interface ConvergenceSteps {
  /** What the source's tag holds now. */
  readSource(): Promise<Digest>;
  /** What the target's tag holds now. */
  readTarget(): Promise<Digest | undefined>;
  /** What the target's tag is to hold when the source's holds `source`: another digest where platforms are selected. */
  resolve(source: Digest): Promise<Digest>;
  /**
   * Brings all content of `wanted` to the target, where `held` is what the target's tag holds. May answer with a source
   * read of its own that it sent when nothing was left to do but to write the tag.
   */
  prepare(wanted: Digest, held: Digest | undefined): Promise<Digest | undefined>;
  writeTarget(wanted: Digest): Promise<void>;
}

export interface Converged {
  /** What the source's tag holds. */
  readonly source: Digest;
  /** What the target's tag holds. */
  readonly digest: Digest;
  /** False when the target's tag was right already. */
  readonly wrote: boolean;
}

/**
 * Makes the target's tag what the source's tag is now (docs/operations.md, "Races"). It returns only when a source read
 * that began after its last write gave the digest that the target holds: then the last of several writers, whoever it is,
 * has seen the newest source, and every order of concurrent, late and repeated jobs ends there.
 *
 * @returns undefined when the source still moves after {@link MAX_ROUNDS} rounds.
 */
export async function converge(steps: ConvergenceSteps): Promise<Converged | undefined> {
  let [source, held] = await both(steps.readSource(), steps.readTarget());
  let wrote = false;
  for (let round = 0; ; round++) {
    const wanted = await steps.resolve(source);
    if (held === wanted) return { source, digest: wanted, wrote };
    if (round === MAX_ROUNDS) return undefined;

    const latest = (await steps.prepare(wanted, held)) ?? (await steps.readSource());
    if (latest === source) {
      await steps.writeTarget(wanted);
      [wrote, held] = [true, wanted];
      source = await steps.readSource();
    } else {
      source = latest;
      held = await steps.readTarget();
    }
  }
}
