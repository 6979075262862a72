import type { FindCredentials } from '../oci/auth/auth';
import { isGoogleRegistry } from '../oci/reference';
import type { Rules, Target } from '../rules/rules';
import { summarize } from '../rules/summary';
import type { Check } from './check';
import { diagnose, wrong } from './diagnosis';
import { checkSigners } from './signers';
import { placesOf, type CheckKind, type CheckKinds } from './kind';

export interface SettingsDeps {
  readonly kinds: CheckKinds;
  readonly findCredentials: FindCredentials;
  readonly now: Date;
}

/** What can be told without a network: the rules, and the credentials on this machine. */
export async function checkSettings(
  rules: Rules,
  targets: readonly Target[],
  { kinds, findCredentials, now }: SettingsDeps,
): Promise<Check[]> {
  const about = 'rules';
  const { notes } = summarize(rules, now);
  const count = `rules: ${rules.rules.length}, targets: ${rules.targets.length}`;
  const sources = new Map(
    rules.rules.map(({ at, kind, source }) => {
      const its: CheckKind = kinds[kind];
      return [at, { kind: its, place: source }];
    }),
  );
  const places = [...sources.values(), ...targets.flatMap((target) => placesOf(kinds, target))];
  const registries = new Set(places.flatMap(({ kind, place }) => kind.registryOf(place) ?? []));
  return [
    { about, what: 'syntax', state: 'ok', found: count },
    ...notes.map((found): Check => ({ about, what: 'notes', state: 'note', found })),
    ...(await checkSigners(rules.signers)),
    ...[...sources].flatMap(([name, { kind, place }]) => kind.checkPlace(`source ${name}`, place)),
    ...targets.flatMap((target) => checkTargetSettings(kinds, target)),
    ...(
      await Promise.all([...registries].map((one) => checkCredentials(one, findCredentials)))
    ).flat(),
  ];
}

function checkTargetSettings(kinds: CheckKinds, target: Target): Check[] {
  const about = `target ${target.name}`;
  const checks = placesOf(kinds, target).flatMap(({ kind, place }) =>
    kind.checkPlace(about, place, target),
  );
  if (target.paused) {
    const found = 'gets nothing until `paused` is taken out';
    checks.push({ about, what: 'paused', state: 'note', found });
  }
  return checks;
}

async function checkCredentials(registry: string, find: FindCredentials): Promise<Check[]> {
  if (isGoogleRegistry(registry)) return [];
  const about = `registry ${registry}`;
  const what = 'credentials';
  try {
    const found =
      (await find(registry)) === undefined
        ? 'none here: asked anonymously'
        : 'in the Docker config file';
    return [{ about, what, state: 'ok', found }];
  } catch (error) {
    return [wrong(about, what, diagnose(error, {}))];
  }
}
