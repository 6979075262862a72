import { placeAt } from '../kind';
import type { Rules } from '../rules';
import { hubsOf } from './tree';

/**
 * Chains that hold together by two names of one place, for people. What a registry tells and lists has one of them, so that
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
        `rule "${name}" takes ${at}, where target "${hub.target}" (${written}) is by another name: write both alike, as the registry tells of it, or nothing goes on from there`,
      ];
    });
  });
}

function hostOf(name: string): string | undefined {
  return name.split('/')[0];
}
