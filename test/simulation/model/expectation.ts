import type { Plan } from '../history/plan';
import { createCatalog, type Catalog } from './catalog';
import { descriptionsOf, type Description } from './description';
import { lettersOf, type ExpectedLetter } from './letter';
import { otherReleasesOf, type OtherRelease } from './other-release';
import { haltsOf, type HaltOf } from './halts';
import { attachmentsOf, provenSince, releasesOf, type Attachment, type Release } from './release';

/** What must be true in the end, by the history and the rules alone; nothing of the product has a say in it. */
export interface Expectation {
  readonly catalog: Catalog;
  readonly releases: readonly Release[];
  readonly others: readonly OtherRelease[];
  readonly attachments: readonly Attachment[];
  readonly descriptions: readonly Description[];
  /** Since when a digest has been signed by whom rules ask: milliseconds since the simulation began. */
  readonly proven: ReadonlyMap<string, number>;
  /** The halts of each digest. */
  readonly halts: ReadonlyMap<string, readonly HaltOf[]>;
  readonly letters: readonly ExpectedLetter[];
}

export function expectationOf({ moves, rules, otherRules }: Plan): Expectation {
  const releases = releasesOf(moves, rules);
  const attachments = attachmentsOf(moves);
  return {
    catalog: createCatalog(moves),
    releases,
    others: otherReleasesOf(moves, otherRules),
    attachments,
    descriptions: descriptionsOf(moves),
    proven: provenSince(moves),
    halts: haltsOf(moves),
    letters: lettersOf({ moves, rules, releases }),
  };
}
