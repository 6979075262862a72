import { isAltering } from '../clauses';
import { groupBy } from '../group-by';
import type { Rule } from '../rules';
import type { Feed, Intake } from './feeds';

/** Reports a problem of a key of a rule, which is at this position in the file. */
export type ReportKey = (index: number, key: string, message: string) => void;

/**
 * Reports `require` of rules whose images reach them altered: signatures cover the digest at the first source, and no other
 * digest on the way.
 */
export function checkAlterations(feeds: readonly Feed[], report: ReportKey): void {
  const onward = groupBy(feeds, ({ from }) => from);
  /** Intakes of altered images, with the rule that has altered them. */
  const altered = new Map<Intake, Rule>();
  const reported = new Set<Rule>();
  for (const { from, to } of feeds) {
    if (isAltering(from.rule) && !altered.has(to)) altered.set(to, from.rule);
  }
  for (const [{ entries }, by] of altered) {
    for (const entry of entries) {
      for (const { to } of onward.get(entry) ?? []) if (!altered.has(to)) altered.set(to, by);
      const { require: required } = entry.rule;
      if (required.length === 0 || reported.has(entry.rule)) continue;
      reported.add(entry.rule);
      report(
        entry.index,
        'require',
        `\`require\` cannot be satisfied: rule "${by.name}" filters platforms, so the digest is unsigned; put \`require\` on "${by.name}"`,
      );
    }
  }
}
