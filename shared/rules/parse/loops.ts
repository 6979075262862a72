import type { Draft } from './draft';
import { kindOfPlace, type RuleKind, type RuleKinds } from '../kind';
import type { Report } from './report';

interface Placed {
  readonly name: string;
  readonly at: string;
}

/**
 * Reports a target that is a source, or lies inside one: what is copied there would be a push that is copied again; and a
 * source inside a target, where copies could land. Compared by path components: `releases` does not hold `releases-old`.
 */
export function checkLoops(kinds: RuleKinds, { targets, rules }: Draft, report: Report): void {
  const sources = new Map<string, Placed>();
  const destinations = new Map<string, Placed>();
  const placedTargets = [...targets].flatMap(([name, { fields }]) =>
    Object.values(kinds).flatMap(({ reference, place: { key, parse } }: RuleKind) => {
      const text = fields[key];
      return text === undefined ? [] : [{ name, key, at: reference.nameOf(parse(text)) }];
    }),
  );
  for (const target of placedTargets) addFirst(destinations, target);
  for (const [index, { fields }] of rules.entries()) {
    const { name = `rules[${index}]`, source } = fields;
    if (source === undefined) continue;
    const { place, reference } = kindOfPlace(kinds, source);
    const at = reference.nameOf(place.parse(source));
    addFirst(sources, { name, at });
    const target = around(destinations, at, 'strictly');
    if (target === undefined) continue;
    report(
      ['rules', index, 'source'],
      `the source lies inside target "${target.name}" (${target.at}): copies could land in it and be copied again`,
    );
  }
  for (const { name, key, at } of placedTargets) {
    const rule = around(sources, at);
    if (rule === undefined) continue;
    report(
      ['targets', name, key],
      `target "${name}" lies inside the source of rule "${rule.name}" (${rule.at}): what arrives there would be copied again, in a loop`,
    );
  }
}

function addFirst(places: Map<string, Placed>, placed: Placed): void {
  if (!places.has(placed.at)) places.set(placed.at, placed);
}

/** The first of `places` that is this one, or a path above it. */
function around(
  places: ReadonlyMap<string, Placed>,
  at: string,
  strictly?: 'strictly',
): Placed | undefined {
  const components = at.split('/');
  for (let length = components.length - (strictly ? 1 : 0); length > 0; length--) {
    const found = places.get(components.slice(0, length).join('/'));
    if (found !== undefined) return found;
  }
  return undefined;
}
