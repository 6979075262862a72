import type { Move } from '../history/move';

/** What an object of the vendor's says about itself in the end. */
export interface Description {
  readonly name: string;
  /** Its content type. */
  readonly says: string;
  /** It was changed after the content was written, which nobody is told of: a reconciliation sees it. */
  readonly isLate: boolean;
}

export function descriptionsOf(moves: readonly Move[]): Description[] {
  const latest = new Map<string, Description>();
  for (const move of moves.toSorted((a, b) => a.at - b.at)) {
    if (move.kind === 'removal') latest.delete(move.name);
    if (move.kind !== 'put' && move.kind !== 'description') continue;
    const { kind, name, says } = move;
    latest.set(name, { name, says, isLate: kind === 'description' });
  }
  return [...latest.values()];
}
