import type { Move } from '../history/move';

/** A halt of a digest: milliseconds since the simulation began. */
export interface HaltOf {
  readonly from: number;
  /** When it was lifted. */
  readonly until?: number;
}

/** The halts of each digest, by the history alone. */
export function haltsOf(moves: readonly Move[]): ReadonlyMap<string, readonly HaltOf[]> {
  const found = new Map<string, HaltOf[]>();
  for (const move of moves) {
    if (move.kind !== 'push' || move.halts !== true || move.subject === undefined) continue;
    const { digest } = move.content.root;
    // What is among junk is not read, and so is not lifted.
    const lifting = moves.find(
      (one) => one.kind === 'push' && one.lifts?.includes(digest) === true && one.at >= move.at,
    );
    const until = lifting?.at;
    const halts = found.get(move.subject) ?? [];
    halts.push({ from: move.at, ...(until !== undefined && { until }) });
    found.set(move.subject, halts);
  }
  return found;
}

/** Whether a digest is halted when all is at rest. */
export function endsHalted(halts: readonly HaltOf[] = []): boolean {
  return halts.some(({ until }) => until === undefined);
}
