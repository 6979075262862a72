/**
 * How often a job follows a source tag that moves while it copies.
 *
 * Registries have no compare-and-swap for tags, and jobs come late, twice and at once. So every writer of a tag keeps one
 * rule (docs/how-copies-work.md, "Races"): read the source's tag just before the write, and write only what it holds; read it
 * once more afterwards, and be done only when a source read that began after the last write gave what the target holds.
 * Then the last of several writers has seen the newest source, and every order ends there. A test drives
 * each loop that keeps the rule through all of them: a new one is a row in its table, test/support/tag-loops.ts.
 */
export const MAX_ROUNDS = 5;

/**
 * Asks once more where the first answer `isAbsence`: what is gone, or refused, is so when that is said twice, since a single
 * such answer may be a stray one.
 */
export async function askTwice<T>(
  ask: () => Promise<T>,
  isAbsence: (error: unknown) => boolean,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isAbsence(error)) throw error;
    return ask();
  }
}
