// Changes of an example's rules, as an operator would make them.
import { parse, stringify } from 'yaml';

interface Rules {
  targets: Record<string, Record<string, unknown>>;
  groups?: Record<string, string[]>;
  rules: { name: string; targets: string[] }[];
}

/** Another name for one rule: another package, and nothing else. */
export function renameRule(text: string): string {
  const rules = parse(text) as Rules;
  rules.rules[0]!.name += '-renamed';
  return stringify(rules);
}

/** With one customer more where there is only one. */
export function withTwoCustomers(text: string): string {
  const rules = parse(text) as Rules;
  if (Object.keys(rules.targets).length > 1) return text;
  rules.targets['newcomer'] = { repository: 'us-docker.pkg.dev/newcomer-prod/vendor' };
  for (const rule of rules.rules) rule.targets.push('newcomer');
  return stringify(rules);
}

/** Without the last customer, and without the rules that were for that one alone. */
export function withoutLastCustomer(text: string): string {
  const rules = parse(text) as Rules;
  const last = Object.keys(rules.targets).at(-1)!;
  const others = (names: readonly string[]): string[] => names.filter((name) => name !== last);
  Reflect.deleteProperty(rules.targets, last);
  for (const [name, members] of Object.entries(rules.groups ?? {})) {
    rules.groups![name] = others(members);
  }
  for (const rule of rules.rules) rule.targets = others(rule.targets);
  return stringify({ ...rules, rules: rules.rules.filter(({ targets }) => targets.length > 0) });
}
