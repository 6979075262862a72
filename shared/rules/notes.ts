import type { KindName } from './artifact';
import { notesOnOtherNames } from './chains/other-names';
import type { Neighbours } from './clause';
import { clauses, isAltering, selections } from './clauses';
import { notesOnRequire } from './require-notes';
import type { Rule, Rules, Target } from './rules';
import { notesOnSigners } from './signers';

/** What is allowed but may surprise, for people. `now` tells which keys and roots are old. */
export function notesOf(rules: Rules, now: Date): string[] {
  const named = new Set(rules.rules.flatMap(({ targets }) => targets));
  const idle = rules.targets
    .filter((target) => !named.has(target))
    .map(({ name }) => `target "${name}" is named by no rule: nothing goes there`);
  const receivers = {
    receiving: createReceiving(rules.rules),
    receivingAltered: createReceiving(rules.rules.filter(isAltering)),
  };
  return [
    ...idle,
    ...notesOnSigners(rules.signers, now),
    ...rules.rules.flatMap((rule) => notesOn(rule, receivers)),
    ...notesOnContained(rules.rules),
    ...notesOnOtherNames(rules),
    ...notesOnRequire(rules),
  ];
}

/** Looked up once for each kind: there may be thousands of rules. */
function createReceiving(rules: readonly Rule[]): Neighbours['receiving'] {
  const known = new Map<KindName, ReadonlySet<string>>();
  return (kind) => {
    const found = known.get(kind);
    if (found) return found;
    const given = rules.filter((rule) => rule.kind === kind).flatMap(({ targets }) => targets);
    const names = new Set(given.map(({ name }) => name));
    known.set(kind, names);
    return names;
  };
}

type Receivers = Pick<Neighbours, 'receiving' | 'receivingAltered'>;

function notesOn(rule: Rule, receivers: Receivers): string[] {
  const { about, source, targets, name, immutable, tags } = rule;
  const moves = immutable && tags.include?.includes('latest') === true;
  const neighbours = { about, targets: targets.map((target) => target.name), ...receivers };
  const notes = [
    ...clauses.map(({ note }) => note?.(rule, neighbours)),
    ...targets.map((target) => about.note?.(source, target)),
    moves
      ? 'is immutable and releases the tag "latest": wherever that is there already, what is newer is refused as tag-conflict'
      : undefined,
  ];
  return notes.flatMap((note) => (note === undefined ? [] : [`rule "${name}" ${note}`]));
}

/** Rules that are compared with those before them: so many that a usual file is looked at whole, and none takes long. */
const MOST_COMPARED = 200_000;

function notesOnContained(rules: readonly Rule[]): string[] {
  const earlier = new Map<string, Map<Target, Rule[]>>();
  let compared = 0;
  return rules.flatMap((rule) => {
    const naming = `${rule.at} ${rule.as}`;
    const byTarget = earlier.get(naming) ?? new Map<Target, Rule[]>();
    earlier.set(naming, byTarget);
    const [first] = rule.targets;
    const candidates = (first && byTarget.get(first)) ?? [];
    const whole = candidates.find((one) => compared++ < MOST_COMPARED && contains(one, rule));
    for (const target of rule.targets) {
      const known = byTarget.get(target);
      if (known) known.push(rule);
      else byTarget.set(target, [rule]);
    }
    return whole === undefined
      ? []
      : [
          `rule "${rule.name}" is contained in rule "${whole.name}", which comes first: it releases nothing more, and what else it says never holds`,
        ];
  });
}

/** What a rule requires is asked wherever another rule comes first, too. */
function contains(outer: Rule, inner: Rule): boolean {
  if (inner.require.length > 0) return false;
  if (!selections.every(({ covers }) => covers(outer, inner))) return false;
  const receivers = new Set(outer.targets);
  return inner.targets.every((target) => receivers.has(target));
}
