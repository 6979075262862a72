import { bindsToImage } from '../statements/condition';
import { isOfType, SIGNATURE, type Requirement } from '../statements/requirement';
import type { KindName } from './artifact';
import { notesOnOtherNames, hubsOf, type Hub } from './chains/tree';
import type { Neighbours } from './clause';
import { clauses, isAltering, selections } from './clauses';
import { notesOnPauses } from './pauses';
import { isDemanding, type Rule, type Rules, type Target } from './rules';
import { notesOnSigners } from './signers';
import { notesOnStages } from './stages';

/** Returns notes on what is valid but may surprise. `now` decides which trusted roots are old. */
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
    ...notesOnPauses(rules.targets, now.getTime()),
    ...notesOnSigners(rules.signers, now),
    ...rules.rules.flatMap((rule) => notesOn(rule, receivers)),
    ...notesOnContained(rules.rules),
    ...notesOnOtherNames(rules),
    ...notesOnRequire(rules),
    ...notesOnStages(rules),
    ...notesOnHalts(rules),
  ];
}

function notesOnHalts({ halts }: Rules): string[] {
  if (halts.length === 0) return [];
  const names = halts.map(({ name }) => name).join(', ');
  return [
    `halts by ${names} stop releases while their keys are in the rules: a key that is removed lifts its halts`,
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
  if (isDemanding(inner)) return false;
  if (!selections.every(({ covers }) => covers(outer, inner))) return false;
  const receivers = new Set(outer.targets);
  return inner.targets.every((target) => receivers.has(target));
}

/** What `require` leaves open, for people. */
export function notesOnRequire(rules: Rules): string[] {
  return [...notesOnUnboundSignatures(rules.rules), ...notesOnOpenHubs(rules)];
}

/** How many rules are named. */
const MAX_NAMES = 3;

/** One note for all rules: who signs one image signs the same content under every name. */
function notesOnUnboundSignatures(rules: readonly Rule[]): string[] {
  const names = rules
    .filter(({ require: required }) => required.some(isUnbound))
    .map(({ name }) => `"${name}"`);
  if (names.length === 0) return [];
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  const which = `${names.length === 1 ? 'rule' : 'rules'} ${names.slice(0, MAX_NAMES).join(', ')}${more}`;
  return [
    `${which}: a signature for another image with the same digest counts, too. Add \`identity: ['**/\${image}']\`; for bundles of cosign 3, \`where: { /repo: ['\${repository}'] }\` and \`cosign sign -a repo=...\``,
  ];
}

function isUnbound({ identity, statement, where }: Requirement): boolean {
  return isOfType(statement, SIGNATURE) && identity.length === 0 && !where.some(bindsToImage);
}

/** What a rule required on the way to a hub, or to a hub before it, does not apply to what others write there. */
function notesOnOpenHubs(rules: Rules): string[] {
  if (!rules.rules.some(requires)) return [];
  const onward = new Set(hubsOf(rules).flatMap(({ to }) => to));
  // Rules that neither require anything nor copy from a hub are left out: they add edges that do not matter here.
  const meant = rules.rules.filter((rule) => requires(rule) || onward.has(rule.name));
  const hubs = hubsOf({ ...rules, rules: meant });
  const byName = new Map(meant.map((rule) => [rule.name, rule]));
  return hubs.flatMap(({ from, target, to }) => {
    const way = wayFromRequiring(from, hubs, byName);
    const [by] = way ?? [];
    return to.flatMap((name) => {
      const open = byName.get(name);
      if (!way || !by || open === undefined || requires(open)) return [];
      return [
        `rule "${name}" takes from hub "${target}" without \`require\`, although rule "${by.name}" requires statements on the way there: who can write to the hub can release any image. ${fixOf(way, open)}`,
      ];
    });
  });
}

/** Returns the shortest way to a hub, rule by rule, that begins with one that requires statements. */
function wayFromRequiring(
  from: readonly string[],
  hubs: readonly Hub[],
  byName: ReadonlyMap<string, Rule>,
): readonly Rule[] | undefined {
  // Hubs of several chains may lead to each other, each for other images.
  const seen = new Set<string>();
  const feeding = (names: readonly string[]): readonly Rule[] =>
    names.flatMap((name) => {
      const rule = seen.has(name) ? undefined : byName.get(name);
      seen.add(name);
      return rule ?? [];
    });
  const ways = feeding(from).map((rule) => [rule]);
  for (const way of ways) {
    const [rule] = way;
    if (rule === undefined || requires(rule)) return way;
    const before = hubs.filter(({ to }) => to.includes(rule.name)).flatMap((hub) => hub.from);
    ways.push(...feeding(before).map((one) => [one, ...way]));
  }
  return undefined;
}

function requires({ require: required }: Rule): boolean {
  return required.some(({ enforce }) => enforce);
}

/** `way`: the rules that bring to the hub what the open rule takes. */
function fixOf(way: readonly Rule[], open: Rule): string {
  const selecting = way.find(({ platforms }) => platforms !== undefined);
  if (selecting) {
    return `Let only the relay write there: signatures do not cover the index that \`platforms\` of rule "${selecting.name}" makes`;
  }
  const bare = way.filter(({ attachments }) => !attachments).map(({ name }) => `"${name}"`);
  const carried =
    bare.length === 0
      ? ''
      : `, and \`attachments: true\` to ${bare.length === 1 ? 'rule' : 'rules'} ${bare.join(', ')}`;
  return `Add \`require\` to rule "${open.name}"${carried}`;
}
