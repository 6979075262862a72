import type { Draft } from './draft';
import { signerNames } from '../signers';
import { didYouMean } from '../../text/nearest';
import type { Report } from './report';

/** Reports names that mean nothing, or two things. */
export function checkNames({ targets, signers, groups, rules }: Draft, report: Report): void {
  for (const [group, members] of groups) {
    if (targets.has(group)) {
      report(['groups', group], `"${group}" is already the name of a target`, 'key');
    }
    for (const [index, member] of members.entries()) {
      if (targets.has(member)) continue;
      const why = groups.has(member)
        ? `"${member}" is a group: a group names targets`
        : `unknown target "${member}"${didYouMean(member, targets.keys())}`;
      report(['groups', group, index], why);
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
      if (signers.has(signer)) continue;
      const why = `unknown signer "${signer}"${didYouMean(signer, signers.keys())}`;
      report(['rules', index, ...at], why);
    }
  }
}
