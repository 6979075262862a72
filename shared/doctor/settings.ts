import type { FindCredentials } from '../oci/auth/auth';
import { isGoogleRegistry, type RepositoryName } from '../oci/reference';
import { catchUpOf, describePause, pauseOf } from '../rules/pauses';
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

/** Checks that need no network: the rules, and the credentials on this machine. */
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
  const registries = Map.groupBy(
    places.flatMap(({ kind, place }) => {
      const registry = kind.registryOf(place);
      const repository = 'repository' in place ? place.repository : '';
      return registry === undefined ? [] : [{ registry, repository }];
    }),
    ({ registry }) => registry,
  );
  return [
    { about, what: 'syntax', state: 'ok', found: count },
    ...notes.map((found): Check => ({ about, what: 'notes', state: 'note', found })),
    ...(await checkSigners(rules.signers)),
    ...[...sources].flatMap(([name, { kind, place }]) => kind.checkPlace(`source ${name}`, place)),
    ...targets.flatMap((target) => checkTargetSettings(kinds, target, now)),
    ...(
      await Promise.all(
        [...registries].map(([registry, names]) =>
          checkCredentials(registry, names, findCredentials),
        ),
      )
    ).flat(),
  ];
}

function checkTargetSettings(kinds: CheckKinds, target: Target, now: Date): Check[] {
  const about = `target ${target.name}`;
  const checks = placesOf(kinds, target).flatMap(({ kind, place }) =>
    kind.checkPlace(about, place, target),
  );
  const pause = pauseOf(target, now.getTime());
  if (pause) {
    const found = `receives nothing: ${describePause(pause)}; ${catchUpOf(pause)}`;
    checks.push({ about, what: 'paused', state: 'note', found });
  }
  return checks;
}

async function checkCredentials(
  registry: string,
  names: readonly RepositoryName[],
  find: FindCredentials,
): Promise<Check[]> {
  if (isGoogleRegistry(registry)) return [];
  const about = `registry ${registry}`;
  const what = 'credentials';
  try {
    const found = await Promise.all(names.map(find));
    const anonymous = found.filter((credentials) => credentials === undefined).length;
    const which = anonymous < found.length ? ` for ${anonymous} of ${found.length} places` : '';
    const said =
      anonymous === 0 ? 'in the Docker config file' : `none here${which}: asked anonymously`;
    return [{ about, what, state: 'ok', found: said }];
  } catch (error) {
    return [wrong(about, what, diagnose(error, {}))];
  }
}
