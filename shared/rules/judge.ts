import type { Artifact, References } from './artifact';
import type { Asked } from './clause';
import { selections } from './clauses';
import { pathUnder } from './place';
import type { Rule } from './rules';

/** What the clauses of a rule say about an artifact, whoever the target is. */
export interface Verdict {
  readonly passes: boolean;
  /** The place in the table of the clause that decides: the first that refuses, else the last that has a say. */
  readonly by: number;
}

// Ten thousand rules may be asked about one push: both verdicts of each clause are made once.
const QUESTIONS = selections.map(({ admits }, by) => ({
  admits,
  passing: { passes: true, by } satisfies Verdict,
  refusing: { passes: false, by } satisfies Verdict,
}));
const NOT_ASKED: Verdict = { passes: true, by: -1 };

/** Asks the clauses of a rule, in the order of the table: matching, explaining and authorizing are views of this loop. */
export function judge(rule: Rule, asked: Asked): Verdict {
  let verdict = NOT_ASKED;
  for (const { admits, passing, refusing } of QUESTIONS) {
    const admitted = admits(rule, asked);
    if (admitted === false) return refusing;
    if (admitted === true) verdict = passing;
  }
  return verdict;
}

/** An artifact as the clauses of a rule with this source (as text) see it. */
export function ask(
  references: Pick<References, 'detailsOf' | 'nameOf'>,
  artifact: Artifact,
  at: string,
): Asked {
  const name = references.nameOf(artifact);
  return { ...references.detailsOf(artifact), artifact, name, path: pathUnder(at, name) };
}

/** The verdict in words, for people. */
export function explainVerdict(rule: Rule, asked: Asked, { passes, by }: Verdict): string {
  const words = selections[by]?.why(rule, asked, rule.about) ?? '';
  return passes && asked.isNameAlone ? `${words}; no tag was asked` : words;
}

/** How many of the clauses come before those about tags and subjects. */
export const ABOUT_NAMES = selections.filter(({ by }) => by === 'source' || by === 'path').length;
