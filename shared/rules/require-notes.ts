import { bindsToImage } from '../statements/identity';
import { isOfType, SIGNATURE, type Requirement } from '../statements/requirement';
import { hubsOf, type Hub } from './chains/tree';
import type { Rule, Rules } from './rules';

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
    `${which}: a signature counts whatever image it was made for, if the digest is the same. Add \`identity: ['**/\${image}']\`; for bundles of cosign 3, \`where: { /repo: ['\${repository}'] }\` and \`cosign sign -a repo=...\``,
  ];
}

function isUnbound({ identity, statement, where }: Requirement): boolean {
  return isOfType(statement, SIGNATURE) && identity.length === 0 && !where.some(bindsToImage);
}

/** What a rule required on the way to a hub, or to a hub before it, does not apply to what others write there. */
function notesOnOpenHubs(rules: Rules): string[] {
  if (!rules.rules.some(requires)) return [];
  const onward = new Set(hubsOf(rules).flatMap(({ to }) => to));
  // Without the rules that neither require anything nor take from a hub, each hub has no other feeds than are meant.
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
