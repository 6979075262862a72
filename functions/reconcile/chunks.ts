import type { Progress } from '../../shared/inventory/part';
import { oldestFirst, selectWanted, type Wanted } from '../../shared/inventory/wanted';
import { digestOf } from '../../shared/oci/digest';
import type { References, SourceRelease } from '../../shared/rules/artifact';
import { pauseOf } from '../../shared/rules/pauses';
import type { Rules } from '../../shared/rules/rules';
import type { Clock } from '../../shared/system/clock';

/** Copies that are compared together. */
export interface Chunk {
  readonly wanted: readonly Wanted[];
  /** How far the page is compared, this chunk included. */
  readonly progress: () => Progress;
}

/** Copies that are compared together, between two looks at the budget: few enough that they end soon even if every answer takes half a minute. */
const CHUNK = 50;

/**
 * Yields what the rules with these names want of a page, oldest first, without what is compared already. A target that is paused
 * when its turn comes is skipped: the first run after the pause compares all of it.
 * Matches a release when its turn comes, once, so that a large page takes little memory.
 */
export function* chunksOf(
  rules: Rules,
  names: ReadonlySet<string>,
  releases: readonly SourceRelease[],
  { compared: before, within }: Progress,
  clock: Pick<Clock, 'now'>,
): Generator<Chunk, void> {
  const { references } = rules;
  const known = new Set(before);
  const compared = [...before];
  let wanted: Wanted[] = [];
  const chunkTo = (done: number, at?: Progress['within']): Chunk => ({
    wanted,
    progress: () => ({ compared: compared.slice(0, done), within: at }),
  });
  for (const source of oldestFirst(references, releases)) {
    const release = shortName(references, source);
    if (known.has(release)) continue;
    for (const [after, one] of byReceiver(selectWanted(rules, [source], { rules: names }))) {
      if (
        pauseOf(one.target, clock.now()) ||
        (within?.release === release && after <= within.after)
      )
        continue;
      wanted.push(one);
      if (wanted.length < CHUNK) continue;
      yield chunkTo(compared.length, { release, after });
      wanted = [];
    }
    compared.push(release);
  }
  if (wanted.length > 0) yield chunkTo(compared.length);
}

/** Each copy of one release with the text that names its receiver, in the order of these texts. */
function byReceiver(wanted: readonly Wanted[]): [string, Wanted][] {
  return wanted
    .map((one): [string, Wanted] => {
      const { reference } = one.rule.about;
      return [`${one.target.name} ${reference.format(one.destination)}`, one];
    })
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}

const HEX_DIGITS = 16;

/** The same for a release wherever the list has it; short, because a part names all that are compared. */
function shortName(references: References, release: SourceRelease): string {
  const name = references.format(references.unpinned(release));
  return digestOf(Buffer.from(name)).slice(-HEX_DIGITS);
}
