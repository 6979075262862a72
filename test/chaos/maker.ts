import type { KindName } from '../../shared/rules/artifact';
import type { JobMove, MessageMove, Named } from './move';
import type { Random } from '../support/random';

/** What the moves of all kinds are made with. */
export interface MakerDeps {
  readonly random: Random;
  /** A number that no other move has. */
  readonly next: () => number;
  /** Whom jobs typed by hand are for. */
  readonly target: string;
}

/** Makes what happens next, kind by kind. */
export interface Maker<Release> {
  /** One that is there several times comes more often. */
  readonly kinds: readonly string[];
  /** Mostly one move, a few that belong together, or none when there is nothing yet to do it to. */
  readonly make: (kind: string) => (Release | MessageMove | JobMove)[];
}

/** A maker that remembers the releases that it has made. */
export function remembering<Kinds extends string, Release extends { readonly kind: KindName }>(
  made: Release[],
  kinds: readonly Kinds[],
  make: (kind: Kinds) => (Release | MessageMove | JobMove)[],
): Maker<Release> {
  const isRelease = (move: Release | MessageMove | JobMove): move is Release =>
    move.kind !== 'message' && move.kind !== 'job';
  return {
    kinds,
    make(kind) {
      const moves = make(kind as Kinds);
      made.push(...moves.filter(isRelease));
      return moves;
    },
  };
}

/** A name that what is followed, and not the versions alone, goes by. */
export const MOVING = ['latest', 'stable'] as const;

export function isMoving(tag: string): boolean {
  return MOVING.some((moving) => moving === tag);
}

/** Messages and jobs that are as wrong, or as late, for one kind as for another. */
export function createJobs(of: KindName, { target, next }: Pick<MakerDeps, 'target' | 'next'>) {
  const job = (name: string, more: Partial<JobMove> = {}): JobMove[] => [
    { kind: 'job', of, name, target, ...more },
  ];
  return {
    /** Once more, for what has been released. */
    again: (released: Named | undefined): JobMove[] =>
      released === undefined ? [] : job(released.name),
    gone: (name: string): JobMove[] => job(name),
    refused: (name: string): JobMove[] => job(name, { refused: 'not-allowed' }),
    renamed: (name: string): JobMove[] =>
      job(name, { rule: 'renamed', refused: 'rule-not-allowed' }),
    old: (name: string): JobMove[] => job(name, { generation: String(next()) }),
  };
}

export function junk(
  topic: MessageMove['topic'],
  data: string,
  attributes?: MessageMove['attributes'],
): MessageMove[] {
  return [{ kind: 'message', topic, data, junk: true, attributes }];
}

/** A message that is understood and needs nothing, or nothing more than others. */
export function notice(topic: MessageMove['topic'], data: string): MessageMove[] {
  return [{ kind: 'message', topic, data, junk: false }];
}
