import { didYouMean } from '../../text/nearest';
import type { ReportCycle } from '../chains/cycles';
import { senselessKeys } from '../clauses';
import { kindOfPlace, type RuleKind, type RuleKinds } from '../kind';
import { signerNames } from '../signers';
import type { Draft } from './draft';
import type { Path, Report } from './problems';

/** Reports names that mean nothing, or two things. */
export function checkNames(draft: Draft, report: Report): void {
  const { targets, signers, groups, haltsBy, rules } = draft;
  const checkSigner = (signer: string, at: Path): void => {
    if (signers.has(signer)) return;
    report(at, `unknown signer "${signer}"${didYouMean(signer, signers.keys())}`);
  };
  for (const [index, signer] of haltsBy.entries()) checkSigner(signer, ['halts', 'by', index]);
  for (const [group, { members, at }] of groups) {
    if (targets.has(group)) {
      report(['groups', group], `"${group}" is already the name of a target`, 'key');
    }
    for (const [index, member] of members.entries()) {
      if (targets.has(member)) continue;
      const why = groups.has(member)
        ? `"${member}" is a group: a group names targets`
        : `unknown target "${member}"${didYouMean(member, targets.keys())}`;
      report(['groups', group, ...at, index], why);
    }
  }
  const known = [...targets.keys(), ...groups.keys()];
  const seen = new Set<string>();
  for (const [index, { fields, written }] of rules.entries()) {
    const { name, targets: named = [] } = fields;
    if (name !== undefined) {
      if (seen.has(name)) {
        report(['rules', index, 'name'], `a rule "${name}" is already there: names are unique`);
      }
      seen.add(name);
    }
    for (const [position, target] of named.entries()) {
      if (targets.has(target) || groups.has(target)) continue;
      const path = ['rules', index, 'targets', position];
      report(path, `unknown target or group "${target}"${didYouMean(target, known)}`);
    }
    for (const { at, name: signer } of signerNames(written)) {
      const path = ['rules', index, ...at];
      checkSigner(signer, path);
      const { whole } = signers.get(signer) ?? {};
      if (at[0] !== 'after' || !whole || whole.key !== undefined) continue;
      report(path, `signer "${signer}" is keyless: \`after.by\` needs signers with a \`key\``);
    }
  }
}

/** Reports keys that say nothing about what a rule releases, and targets that have no place for it. */
export function checkKinds(
  kinds: RuleKinds,
  { targets, groups, rules }: Draft,
  report: Report,
): void {
  const all: readonly RuleKind[] = Object.values(kinds);
  for (const [name, { whole }] of targets) {
    if (whole === undefined || all.some(({ place }) => whole[place.key] !== undefined)) continue;
    const places = all.map(({ place, plural }) => `\`${place.key}\` for ${plural}`).join(', ');
    report(['targets', name], `target "${name}" has no place: say ${places}`);
  }
  const senseless = new Map(all.map((kind) => [kind, senselessKeys(kinds, kind)]));
  for (const [index, { fields }] of rules.entries()) {
    if (fields.source === undefined) continue;
    const kind = kindOfPlace(kinds, fields.source);
    for (const [key, why] of senseless.get(kind) ?? []) {
      if (fields[key] === undefined) continue;
      report(['rules', index, key], `\`${key}\` says nothing about ${kind.name}s: ${why}`, 'key');
    }
    for (const [position, named] of (fields.targets ?? []).entries()) {
      const lacking = (groups.get(named)?.members ?? [named]).filter((name) =>
        lacks(targets.get(name)?.whole, kind, all),
      );
      if (lacking.length === 0) continue;
      const who = lacking.map((name) => `"${name}"`).join(', ');
      report(
        ['rules', index, 'targets', position],
        `this rule sends ${kind.name}s to ${who}, which ${lacking.length === 1 ? 'has' : 'have'} no \`${kind.place.key}\``,
      );
    }
  }
}

type Whole = NonNullable<ReturnType<Draft['targets']['get']>>['whole'];

/** True for a target that has places, but none for this kind. */
function lacks(target: Whole, { place }: RuleKind, all: readonly RuleKind[]): boolean {
  if (target === undefined || target[place.key] !== undefined) return false;
  return all.some((other) => target[other.place.key] !== undefined);
}

/** Reports targets that share a place: releases to both would be written there twice, with different options. */
export function checkPlaces(kinds: RuleKinds, { targets }: Draft, report: Report): void {
  const taken = new Map<string, string>();
  for (const [name, { fields }] of targets) {
    for (const { place, reference } of Object.values<RuleKind>(kinds)) {
      const text = fields[place.key];
      if (text === undefined) continue;
      const named = place.parse(text);
      const written = reference.nameOf(named);
      const at = reference.nameOf(reference.canonical(named));
      const other = taken.get(at);
      if (other === undefined) taken.set(at, name);
      else {
        const same = at === written ? '' : `, which is ${at},`;
        const message = `${written}${same} is the place of target "${other}" already: two customers have two places`;
        report(['targets', name, place.key], message);
      }
    }
  }
}

/** Reports cycles at their position in the file. */
export function reportCycles({ groups, rules }: Draft, report: Report): ReportCycle {
  return {
    ofTarget: ({ name }, key, message) => report(['targets', name, key], message),
    ofRule(index, { name }, message) {
      const named = rules[index]?.fields.targets ?? [];
      const at = named.findIndex(
        (one) => one === name || groups.get(one)?.members.includes(name) === true,
      );
      report(['rules', index, 'targets', at], message);
    },
  };
}
