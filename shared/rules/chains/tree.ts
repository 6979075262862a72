import { placeAt } from '../kind';
import type { Rule, Rules, Target } from '../rules';
import { findEdges } from './edges';

/** A target from which rules release again, what brings artifacts there, and what takes them on. */
export interface Hub {
  readonly target: string;
  /** Names of rules. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** The rules that take on what a rule brings, by the targets where they do: hubs alone, of which most files have none. */
type Onward = (rule: Rule) => ReadonlyMap<Target, readonly Rule[]>;

/** The hubs of right rules, in the order of the targets. */
export function hubsOf(rules: Rules): Hub[] {
  const onward = onwardOf(rules);
  const brought = rules.rules.flatMap((rule) =>
    [...onward(rule)].map(([target, to]) => ({ target, rule, to })),
  );
  const byHub = Map.groupBy(brought, ({ target }) => target);
  return rules.targets.flatMap((target) => {
    const some = byHub.get(target);
    if (some === undefined) return [];
    const to = merged(some.map((one) => one.to));
    return [{ target: target.name, from: some.map(({ rule }) => rule.name), to: to.map(nameOf) }];
  });
}

function nameOf({ name }: Rule): string {
  return name;
}

/** Returns the rules that take on what each rule brings. */
function onwardOf({ rules }: Pick<Rules, 'rules'>): Onward {
  const edges = findEdges(rules.map((rule, index) => ({ rule, index })));
  const rulesBehind = new Map(
    [...new Set(edges.map(({ to }) => to))].map((to) => [to, to.entries.map(({ rule }) => rule)]),
  );
  const onward = new Map(
    [...Map.groupBy(edges, ({ from }) => from.rule)].map(([rule, its]) => {
      const byHub = [...Map.groupBy(its, ({ hub }) => hub)].map(([hub, some]) => {
        const lists = some.flatMap(({ to }) => [rulesBehind.get(to) ?? []]);
        return [hub, merged(lists)] as const;
      });
      return [rule, new Map(byHub)] as const;
    }),
  );
  return (rule) => onward.get(rule) ?? new Map();
}

/** All rules of the lists, once each; the list itself where there is only one. */
function merged(lists: readonly (readonly Rule[])[]): readonly Rule[] {
  const [first = [], ...others] = new Set(lists);
  return others.length === 0 ? first : [...new Set([first, ...others].flat())];
}

/** Of a branch with more leaves than these the first are shown, and of a tree as many lines as one can read. */
const MAX_LEAVES = 12;
const MAX_LINES = 200;

/** What goes on from hubs, as a tree in lines of plain text; empty where no target is a hub. */
export function chainLines(rules: Rules): string[] {
  const onward = onwardOf(rules);
  const feeding = rules.rules.filter((rule) => onward(rule).size > 0);
  const fed = new Set(merged(feeding.flatMap((rule) => [...onward(rule).values()])));
  const starts = feeding.filter((rule) => !fed.has(rule));
  const lines: string[] = [];
  for (const [at, some] of Map.groupBy(starts, (rule) => rule.at)) {
    lines.push(at);
    grow(lines, onward, some, '');
  }
  return lines.length > MAX_LINES ? [...lines.slice(0, MAX_LINES), 'and so on'] : lines;
}

/** One branch for each target of the rules, those that go on first. */
function grow(lines: string[], onward: Onward, rules: readonly Rule[], indent: string): void {
  const pairs = rules.flatMap((rule) => rule.targets.map((target) => ({ rule, target })));
  const all = [...Map.groupBy(pairs, ({ target }) => target)].map(([target, some]) => ({
    line: `${target.name} (${named(some.map(({ rule }) => rule.name))})`,
    next: merged(some.map(({ rule }) => onward(rule).get(target) ?? [])),
  }));
  const hubs = all.filter(({ next }) => next.length > 0);
  const leaves = all.filter(({ next }) => next.length === 0);
  const left = leaves.length - MAX_LEAVES;
  const shown = [...hubs, ...leaves.slice(0, MAX_LEAVES)];
  for (const [at, { line, next }] of shown.entries()) {
    if (lines.length > MAX_LINES) return;
    const isLast = at === shown.length - 1 && left <= 0;
    lines.push(`${indent}${isLast ? '└─' : '├─'} ${line}`);
    grow(lines, onward, next, `${indent}${isLast ? '   ' : '│  '}`);
  }
  if (left > 0) lines.push(`${indent}└─ and ${left} more`);
}

function named(names: readonly string[]): string {
  const [first, ...others] = names;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `rule ${first ?? ''}${more}`;
}

/**
 * Chains that hold together by two names of one place, for people. A registry reports and lists one of them, so that
 * a rule which takes the other finds nothing there.
 */
export function notesOnOtherNames(rules: Rules): string[] {
  const targets = new Map(rules.targets.map((target) => [target.name, target]));
  return hubsOf(rules).flatMap((hub) => {
    const target = targets.get(hub.target);
    const onward = new Set(hub.to);
    return rules.rules.flatMap(({ about, at, name }) => {
      const place = target && onward.has(name) ? placeAt(target, about) : undefined;
      if (place === undefined) return [];
      const written = about.reference.nameOf(place);
      if (hostOf(written) === hostOf(at)) return [];
      return [
        `rule "${name}" copies from ${at}, which is target "${hub.target}" under another name (${written}): use the name in the registry's events for both, or nothing is released from there`,
      ];
    });
  });
}

function hostOf(name: string): string | undefined {
  return name.split('/')[0];
}
