import { didYouMean } from '../../text/nearest';
import type { Edge } from '../chains/edges';
import type { Entry } from '../rules';
import type { Part } from './document';
import type { Report } from './problems';
import type { RuleInput, WrittenRule } from './schema';

/** The keys of a rule with `after`. All else is the awaited rule's. */
const OWN_KEYS: readonly string[] = ['name', 'after', 'targets', 'require', 'override'];

type Written = readonly Part<WrittenRule>[];

/** Makes a rule with `after` the awaited rule in all but its own keys; reports what cannot be awaited, and missing sources. */
export function resolveStages(rules: Written, report: Report): Part<RuleInput>[] {
  const byName = indexByName(rules);
  const known = [...byName.keys()];
  const reported = new Set<Part<WrittenRule>>();
  return rules.map((part, index) => {
    const { after, name } = part.fields;
    if (!isStage(part)) {
      if (lacks(part, 'source')) report(['rules', index, 'source'], '`source` is missing');
      return withSource(part);
    }
    for (const key of Object.keys(part.fields)) {
      if (OWN_KEYS.includes(key) || lacks(part, key)) continue;
      const why = `\`${key}\` is the awaited rule's, where a rule has \`after\`: remove it here`;
      report(['rules', index, key], why, 'key');
    }
    if (after === undefined) return { ...part, whole: undefined };
    const at = ['rules', index, 'after', 'rule'];
    if (!byName.has(after.rule)) {
      report(at, `unknown rule "${after.rule}"${didYouMean(after.rule, known)}`);
    }
    const { circle, earlier } = follow(part, byName);
    if (circle && !reported.has(part)) {
      for (const one of earlier) reported.add(one);
      const way = earlier.flatMap(({ fields }) => fields.name ?? []);
      const cycle = way.length > 1 ? `: ${[name, ...way].join(' waits for ')}` : '';
      report(at, `rule "${name ?? ''}" waits for itself${cycle}`);
    }
    const first = earlier.at(-1);
    return circle || !first || isStage(first)
      ? { ...part, whole: undefined }
      : inherit(part, first);
  });
}

/** Names the rules that a rule waits for, the nearest first, with whatever is wrong with them. */
export function earlierStages(rules: Written): (rule: Part<WrittenRule>) => Written {
  const byName = indexByName(rules);
  return (rule) => follow(rule, byName).earlier;
}

/** Leaves out problems of what a rule has from the awaited rule: they are reported there. */
export function withoutInherited(rules: Written, report: Report): Report {
  return (path, message, at) => {
    const [section, index, key] = path;
    const part = section === 'rules' && typeof index === 'number' ? rules[index] : undefined;
    const isInherited = part && isStage(part) && typeof key === 'string' && !OWN_KEYS.includes(key);
    if (!isInherited) report(path, message, at);
  };
}

/** Reports rules that wait for a rule whose source is a hub: no stage is signed there. */
export function checkHubs(rules: readonly Entry[], edges: readonly Edge[], report: Report): void {
  const fed = new Map(
    edges.flatMap(({ from, hub, to }) =>
      to.entries.map((entry) => [entry, { from, hub }] as const),
    ),
  );
  for (const entry of rules) {
    const { after } = entry.rule;
    const feed = after && fed.get(entry);
    if (!feed) continue;
    const message = `rule "${after.rule}" takes from hub "${feed.hub.name}", to which rule "${feed.from.rule.name}" releases: wait for that rule instead, before the hub`;
    report(['rules', entry.index, 'after', 'rule'], message);
  }
}

function indexByName(rules: Written): ReadonlyMap<string, Part<WrittenRule>> {
  // Of two with one name the first counts, as elsewhere.
  return new Map(
    rules.toReversed().flatMap((part) => {
      const { name } = part.fields;
      return name === undefined ? [] : [[name, part] as const];
    }),
  );
}

/** Follows `after` from a rule to the first that has none. `circle`: it comes back to the rule. */
function follow(
  from: Part<WrittenRule>,
  byName: ReadonlyMap<string, Part<WrittenRule>>,
): { readonly earlier: Written; readonly circle: boolean } {
  const earlier = new Set<Part<WrittenRule>>();
  const next = ({ fields: { after } }: Part<WrittenRule>) => after && byName.get(after.rule);
  for (let part = next(from); part && !earlier.has(part); part = next(part)) earlier.add(part);
  return { earlier: [...earlier], circle: earlier.has(from) };
}

function isStage({ written }: Part<WrittenRule>): boolean {
  return (
    typeof written === 'object' &&
    written !== null &&
    'after' in written &&
    written.after !== undefined
  );
}

/** Whether a rule that is a mapping has no such key. */
function lacks({ written }: Part<WrittenRule>, key: string): boolean {
  const isMapping = typeof written === 'object' && written !== null && !Array.isArray(written);
  return isMapping && (written as Record<string, unknown>)[key] === undefined;
}

function inherit(own: Part<WrittenRule>, first: Part<WrittenRule>): Part<RuleInput> {
  const whole = own.whole && first.whole && { ...without(first.whole), ...pick(own.whole) };
  return withSource({
    written: own.written,
    fields: { ...without(first.fields), ...pick(own.fields) },
    ...(whole && { whole }),
  });
}

/** Without what a rule does not have from the one that it waits for. */
function without<Fields extends Partial<WrittenRule>>(fields: Fields): Fields {
  return { ...fields, require: undefined, override: undefined };
}

function pick<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([key]) => OWN_KEYS.includes(key)),
  ) as Fields;
}

function withSource({ fields, whole, written }: Part<WrittenRule>): Part<RuleInput> {
  const source = whole?.source;
  return {
    fields,
    written,
    ...(whole && source !== undefined && { whole: { ...whole, source } }),
  };
}
