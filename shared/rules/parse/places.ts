import type { RuleKind, RuleKinds } from '../kind';
import type { Draft } from './draft';
import type { Report } from './report';

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
