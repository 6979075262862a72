import { formatReference, type RepositoryName } from '../oci/reference';
import type { Draft } from './draft';
import type { Report } from './report';
import { parseRepository } from './schema';

interface Placed {
  readonly name: string;
  readonly at: RepositoryName;
}

/**
 * Reports a target that is a source, or lies inside one: what is copied there would be a push that is copied again; and a
 * source inside a target, where copies could land. Compared by path components: `releases` does not hold `releases-old`.
 */
export function checkLoops({ targets, rules }: Draft, report: Report): void {
  const sources = new Map<string, Placed>();
  const destinations = new Map<string, Placed>();
  const placedTargets = [...targets].flatMap(([name, { fields }]) =>
    fields.repository === undefined ? [] : [{ name, at: parseRepository(fields.repository) }],
  );
  for (const target of placedTargets) addFirst(destinations, target);
  for (const [index, { fields }] of rules.entries()) {
    const { name = `rules[${index}]`, source } = fields;
    if (source === undefined) continue;
    const at = parseRepository(source);
    addFirst(sources, { name, at });
    const target = around(destinations, at, 'strictly');
    if (target === undefined) continue;
    report(
      ['rules', index, 'source'],
      `the source lies inside target "${target.name}" (${formatReference(target.at)}): copies could land in it and be copied again`,
    );
  }
  for (const { name, at } of placedTargets) {
    const rule = around(sources, at);
    if (rule === undefined) continue;
    report(
      ['targets', name, 'repository'],
      `target "${name}" lies inside the source of rule "${rule.name}" (${formatReference(rule.at)}): what arrives there would be copied again, in a loop`,
    );
  }
}

function addFirst(places: Map<string, Placed>, placed: Placed): void {
  const key = formatReference(placed.at);
  if (!places.has(key)) places.set(key, placed);
}

/** The first of `places` that is this repository, or a path above it. */
function around(
  places: ReadonlyMap<string, Placed>,
  { registry, repository }: RepositoryName,
  strictly?: 'strictly',
): Placed | undefined {
  const components = repository.split('/');
  for (let length = components.length - (strictly ? 1 : 0); length > 0; length--) {
    const found = places.get(`${registry}/${components.slice(0, length).join('/')}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
