import { senselessKeys } from '../clauses';
import { kindOfPlace, type RuleKind, type RuleKinds } from '../kind';
import type { Draft } from './draft';
import type { Report } from './report';

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
      const lacking = (groups.get(named) ?? [named]).filter((name) =>
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
