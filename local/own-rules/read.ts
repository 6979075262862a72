import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { KINDS } from '../../shared/kinds/kinds';
import { parseRules } from '../../shared/kinds/rules';
import { canonicalName } from '../../shared/oci/reference';
import type { KindName } from '../../shared/rules/artifact';
import { kindOfPlace } from '../../shared/rules/kind';
import { OTHER_KINDS, type CustomerOptions } from '../stack/customer';
import { PLACE_KEYS, type Places, type TargetPlaces } from '../stack/sample-rules';

/** User-provided rules, to be run on this machine. */
export interface OwnRules {
  /** One for each target. */
  readonly customers: readonly CustomerOptions[];
  /** The rules with every place on this machine. */
  readonly rules: (places: Places) => string;
}

const Target = z.looseObject(
  Object.fromEntries(PLACE_KEYS.map((key) => [key, z.string().optional()])) as Record<
    (typeof PLACE_KEYS)[number],
    z.ZodOptional<z.ZodString>
  >,
);
const Own = z.looseObject({
  targets: z.record(z.string(), Target),
  rules: z.array(z.looseObject({ source: z.string() })),
});

/**
 * Reads a rules file for the local stack. Each target gets a registry of its own, sources are at the vendor's registry
 * below their own names, there are no accounts, and statements that need a private key are not required.
 * @throws {Error} if the file cannot be read; {InvalidRulesError} if it is invalid.
 */
export function readOwnRules(file: string): OwnRules {
  const text = readFileSync(file, 'utf8');
  parseRules(text, file, (path) => readFileSync(resolve(dirname(file), path), 'utf8'));
  const { targets, rules, ...more } = Own.parse(parse(text, { merge: true }));
  return {
    customers: Object.entries(targets).map(([name, target]) => ({
      name,
      wants: OTHER_KINDS.filter((kind) => target[KINDS[kind].place.key] !== undefined),
      ...(rules.some(({ source }) => placeAround(source, target)) && { hub: true }),
    })),
    rules(places) {
      const at = (name: string) => places.targets.find((target) => target.name === name);
      return stringify({
        ...without(more, ['signers', 'halts']),
        targets: Object.fromEntries(
          Object.entries(targets).map(([name, target]) => [name, localTarget(target, at(name))]),
        ),
        rules: rules.map((rule) => ({
          ...without(rule, ['require', 'override']),
          source: localSource(rule.source, Object.entries(targets), places),
        })),
      });
    },
  };
}

type Target = z.output<typeof Target>;

function localTarget(target: Target, local: TargetPlaces | undefined): object {
  const moved = PLACE_KEYS.flatMap((key) =>
    target[key] === undefined ? [] : [[key, local?.[key]]],
  );
  return { ...without(target, ['impersonate']), ...(Object.fromEntries(moved) as object) };
}

/** What lies in a target, which is then a hub, lies in it here, too. */
function localSource(
  source: string,
  targets: readonly (readonly [string, Target])[],
  places: Places,
): string {
  for (const [name, target] of targets) {
    const found = placeAround(source, target);
    if (found === undefined) continue;
    const local = places.targets.find((one) => one.name === name);
    return `${local?.[found.key] ?? ''}${found.below}`;
  }
  return AT_THE_VENDORS[kindOfPlace(KINDS, source).name](source, places);
}

/** Where a source of each kind lies on this machine, below its own name where one server stands for many. */
const AT_THE_VENDORS: Readonly<Record<KindName, (source: string, places: Places) => string>> = {
  image(source, places) {
    const [host = '', ...path] = source.split('/');
    // By its one name gcr.io is a repository of Artifact Registry, which lists what is in it.
    const { registry, repository } = canonicalName({ registry: host, repository: path.join('/') });
    // A port's colon is in no path.
    return `${places.source}/${registry.replace(':', '_')}/${repository}`;
  },
  template(source, places) {
    const [templateHost = ''] = places.templates.split('/');
    return [templateHost, ...source.split('/').slice(1)].join('/');
  },
  object: (source, places) => `${places.bucket}/${source.slice('gs://'.length)}`,
};

/** Which place of a target holds a source, and what of its name lies below. */
function placeAround(
  source: string,
  target: Target,
): { readonly key: (typeof PLACE_KEYS)[number]; readonly below: string } | undefined {
  for (const key of PLACE_KEYS) {
    const place = target[key];
    if (place !== undefined && `${source}/`.startsWith(`${place}/`)) {
      return { key, below: source.slice(place.length) };
    }
  }
  return undefined;
}

function without(all: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(all).filter(([key]) => !keys.includes(key)));
}
