import { meet } from '../text/meet';
import { counted } from '../text/names';
import { patternsOf } from './clauses';
import type { Rule, Rules } from './rules';

/** Rules that wait for others, as a tree in lines of plain text; empty where none does. */
export function stageLines({ rules }: Pick<Rules, 'rules'>): string[] {
  const waiting = Map.groupBy(rules, ({ after }) => after?.rule);
  const lines: string[] = [];
  const grow = (rule: Rule, indent: string): void => {
    const { after, name, targets } = rule;
    const soak = after ? `, after ${after.soak}` : '';
    lines.push(`${indent}${name}: ${counted(targets.length, 'target')}${soak}`);
    for (const next of waiting.get(name) ?? []) grow(next, `${indent}  `);
  };
  for (const rule of waiting.get(undefined) ?? []) if (waiting.has(rule.name)) grow(rule, '');
  return lines;
}

/** What surprises about rules that wait for others, for people. */
export function notesOnStages({ rules }: Pick<Rules, 'rules'>): string[] {
  const waiting = rules.filter(({ after }) => after !== undefined);
  if (waiting.length === 0) return [];
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const keys = [
    ...new Set(waiting.flatMap(({ after }) => after?.by.map(({ name }) => name) ?? [])),
  ];
  return [
    `\`after.by\` (${keys.join(', ')}) should name only the key of \`promote\`: anyone who has such a key can skip soaks`,
    ...waiting.flatMap((rule) => [...noteOnRequire(rule), ...notesOnBypasses(rule, rules, byName)]),
  ];
}

function noteOnRequire({ after, name, require: required }: Rule): string[] {
  if (required.length > 0) return [];
  return [
    `rule "${name}" has \`after\` without \`require\`: it does not repeat what rule "${after?.rule ?? ''}" requires. Add its \`require\` here, too`,
  ];
}

/** Rules that release the same tags to others at once. */
function notesOnBypasses(
  rule: Rule,
  rules: readonly Rule[],
  byName: ReadonlyMap<string, Rule>,
): string[] {
  const earlier = earlierThan(rule, byName);
  const served = new Set([rule, ...earlier].flatMap(({ targets }) => targets));
  return rules.flatMap((other) => {
    if (other.after || earlier.includes(other) || other.at !== rule.at) return [];
    // Where both give one destination, each has to let it pass.
    const isBypass = other.as !== rule.as || other.targets.some((target) => !served.has(target));
    if (!isBypass || !(['path', 'tag'] as const).every((what) => mayShare(rule, other, what))) {
      return [];
    }
    return [
      `rule "${other.name}" releases tags that rule "${rule.name}" lets wait, without \`after\`: they go to its targets at once`,
    ];
  });
}

/** The rules that a rule waits for, the nearest first. */
function earlierThan(rule: Rule, byName: ReadonlyMap<string, Rule>): readonly Rule[] {
  const earlier = byName.get(rule.after?.rule ?? '');
  return earlier ? [earlier, ...earlierThan(earlier, byName)] : [];
}

function mayShare(rule: Rule, other: Rule, what: 'path' | 'tag'): boolean {
  const others = patternsOf(other, what);
  return patternsOf(rule, what).some((one) =>
    others.some((steps) => meet(one, steps) !== undefined),
  );
}
