import type { Random } from '../support/random';

/** What the moves of all kinds are made with. */
export interface MakerDeps {
  readonly random: Random;
  /** A number that no other move has. */
  readonly next: () => number;
}

/** Makes what happens next, kind by kind. */
export interface Maker<Release> {
  /** One that is there several times comes more often. */
  readonly kinds: readonly string[];
  /** Mostly one move, a few that belong together, or none when there is nothing yet to do it to. */
  readonly make: (kind: string) => Release[];
}

/** A maker that remembers the releases that it has made. */
export function remembering<Kinds extends string, Release>(
  made: Release[],
  kinds: readonly Kinds[],
  make: (kind: Kinds) => Release[],
): Maker<Release> {
  return {
    kinds,
    make(kind) {
      const moves = make(kind as Kinds);
      made.push(...moves);
      return moves;
    },
  };
}

/** Tags that move. */
export const MOVING = ['latest', 'stable'] as const;
