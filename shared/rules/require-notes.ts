import { bindsToImage } from '../statements/identity';
import { isOfType, SIGNATURE, type Requirement } from '../statements/requirement';
import { hubsOf } from './chains/tree';
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

/** What a rule required on the way to a hub says nothing about what others write there. */
function notesOnOpenHubs(rules: Rules): string[] {
  const onward = new Set(hubsOf(rules).flatMap(({ to }) => to));
  // Without the rules that neither require anything nor take from a hub, each hub has no other feeds than are meant.
  const meant = rules.rules.filter((rule) => requires(rule) || onward.has(rule.name));
  const byName = new Map(meant.map((rule) => [rule.name, rule]));
  return hubsOf({ ...rules, rules: meant }).flatMap(({ from, target, to }) => {
    const by = from.flatMap((name) => byName.get(name) ?? []).find(requires);
    return to.flatMap((name) => {
      const open = byName.get(name);
      if (by === undefined || open === undefined || requires(open)) return [];
      return [
        `rule "${name}" takes from hub "${target}" without \`require\`, although rule "${by.name}" requires statements on the way there: who can write to the hub can release any image. ${fixOf(by, open)}`,
      ];
    });
  });
}

function requires({ require: required }: Rule): boolean {
  return required.some(({ enforce }) => enforce);
}

function fixOf({ attachments, name, platforms }: Rule, open: Rule): string {
  if (platforms !== undefined) {
    return `Let only the relay write there: signatures do not cover the index that \`platforms\` of rule "${name}" makes`;
  }
  const carried = attachments ? '' : `, and \`attachments: true\` to rule "${name}"`;
  return `Add \`require\` to rule "${open.name}"${carried}`;
}
