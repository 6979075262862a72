import { KIND_NAMES } from '../../shared/kinds/kinds';
import type { KindName } from '../../shared/rules/artifact';
import { recordOf } from '../../shared/records';
import type { Move } from './moves';

/** What every customer must hold in the end, by kind: the newest content of each name at the source. */
export type Expectation = Readonly<Record<KindName, ReadonlyMap<string, string>>>;

export function expectationOf(moves: readonly Move[]): Expectation {
  return recordOf(
    KIND_NAMES.map((kind) => {
      const releases = moves.filter((move) => move.kind === kind).flatMap((move) => move.releases);
      return [kind, new Map(releases.map(({ name, content }) => [name, content]))];
    }),
  );
}
