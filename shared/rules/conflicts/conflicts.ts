import { createPrefixIndex } from '../../text/prefix-index';
import type { References } from '../artifact';
import { narrowingKeys } from '../clauses';
import type { RuleKind, RuleKinds } from '../kind';
import type { Entry } from '../rules';
import { createCollisionFinder, type Budget, type Collision } from './collision';
import { flowsOf, writersOf, type Flow } from './flows';

/** What is known of all kinds. */
interface Asked {
  readonly kinds: RuleKinds;
  readonly references: References;
}

type ReportConflict = (index: number, message: string) => void;

/** Bounds on the search, so that the largest files load in seconds; far above what a file with few conflicts needs. */
const MAX_FLOWS = 200_000;
const MAX_STEPS = 1_000_000;

/**
 * Reports each rule that may write another artifact to a destination that an earlier rule, or itself, writes to. Every report
 * has a witness: two artifacts that the matcher sends to one destination. A file without a report may still have a conflict:
 * the search tries samples of what two patterns have in common, and is bounded.
 */
export function checkConflicts(
  { kinds, references }: Asked,
  entries: readonly Entry[],
  report: ReportConflict,
): void {
  const budget: Budget = { steps: MAX_STEPS };
  const findCollision = createCollisionFinder(references, budget);
  const reported = new Set<number>();
  let room = MAX_FLOWS;
  for (const writers of Object.values(kinds).flatMap((kind: RuleKind) =>
    writersOf(entries, kind),
  )) {
    const flows = writers.flatMap((writer) => (room > 0 ? flowsOf(writer) : []));
    room -= flows.length;
    for (const [earlier, later] of pairsOf(flows)) {
      if (reported.has(later.index)) continue;
      if (budget.steps-- <= 0) return;
      const collision = findCollision(earlier, later);
      if (collision === undefined) continue;
      reported.add(later.index);
      report(later.index, describe(kinds, earlier, later, collision));
    }
  }
}

/** Pairs of flows of different families that may meet by how their patterns begin, each with the earlier rule first, in the order of the later ones. */
function* pairsOf(flows: readonly Flow[]): Generator<readonly [Flow, Flow]> {
  const inOrder = flows.toSorted((a, b) => a.index - b.index);
  const positions = new Map(inOrder.map((flow, position) => [flow, position]));
  const families = Map.groupBy(inOrder, ({ beginning, family }) => `${beginning}\n${family}`);
  const near = createPrefixIndex(
    Map.groupBy(families.values(), ([first]) => first?.beginning ?? ''),
  );
  for (const [position, later] of inOrder.entries()) {
    for (const family of near(later.beginning)) {
      if (family[0]?.family === later.family) continue;
      for (const earlier of family) {
        if ((positions.get(earlier) ?? 0) > position) break;
        yield [earlier, later];
      }
    }
  }
}

function describe(
  kinds: RuleKinds,
  earlier: Flow,
  later: Flow,
  { left, right, destination }: Collision,
): string {
  const names = [...new Set([earlier.target.name, later.target.name])].map((name) => `"${name}"`);
  const { about, kind } = later.rule;
  const { reference } = about;
  const keys = narrowingKeys(kinds, about).map((key) => `\`${key}\``);
  const rules =
    earlier.index === later.index
      ? `rule "${later.rule.name}" writes different ${kind}s`
      : `rules "${earlier.rule.name}" and "${later.rule.name}" write different ${kind}s`;
  return (
    `${rules} to one destination: ${reference.format(left)} and ${reference.format(right)} ` +
    `would both become ${reference.format(destination)} (target ${names.join(' and ')}); ` +
    `narrow ${keys.slice(0, -1).join(', ')} or ${keys.at(-1) ?? ''} of one`
  );
}
