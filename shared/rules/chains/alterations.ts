import { clauses, isAltering } from '../clauses';
import { groupBy } from '../group-by';
import type { Rule } from '../rules';
import type { Chains } from './feeds';
import type { Lane } from './lanes';

/** Says what is wrong with a clause of a rule, which is at this position in the file. */
export type ReportClause = (index: number, key: string, message: string) => void;

/**
 * Reports clauses that cannot hold where what a rule takes has been altered on its way there: what was said of it at its first
 * source is not said of it any more.
 */
export function checkAlterations({ feeds }: Chains, report: ReportClause): void {
  const onward = groupBy(feeds, ({ from }) => from);
  /** By what reaches it altered, with the rule that has altered it. */
  const altered = new Map<Lane, Rule>();
  for (const { from, hub, to } of feeds) {
    const by = from.entries.find(({ rule }) => rule.targets.includes(hub) && isAltering(rule));
    if (by !== undefined && !altered.has(to)) altered.set(to, by.rule);
  }
  for (const [lane, by] of altered) {
    for (const { to } of onward.get(lane) ?? []) if (!altered.has(to)) altered.set(to, by);
    for (const { index, rule } of lane.entries) {
      for (const { name, problemOfAltered } of clauses) {
        const problem = problemOfAltered?.(rule, by.name);
        if (problem !== undefined) report(index, name, `\`${name}\` ${problem}`);
      }
    }
  }
}
