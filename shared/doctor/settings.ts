import { artifactRegistryName } from '../google/artifact-registry-name';
import type { FindCredentials } from '../oci/auth/auth';
import { isGoogleRegistry } from '../oci/reference';
import { placesOf } from '../kinds/rules';
import type { Place } from '../rules/artifact';
import { formatPlace, kindOf } from '../kinds/references';
import type { Rules, Target } from '../rules/rules';
import { summarize } from '../rules/summary';
import type { Check } from './check';
import { diagnose, wrong } from './diagnosis';

/** What can be told without a network: the rules, and the credentials on this machine. */
export async function checkSettings(
  rules: Rules,
  targets: readonly Target[],
  findCredentials: FindCredentials,
): Promise<Check[]> {
  const about = 'rules';
  const { notes } = summarize(rules);
  const count = `rules: ${rules.rules.length}, targets: ${rules.targets.length}`;
  const sources = new Map(rules.rules.map(({ source }) => [formatPlace(source), source]));
  const registries = new Set(
    [...sources.values(), ...targets.flatMap(placesOf)].flatMap((place) =>
      'bucket' in place ? [] : [place.registry],
    ),
  );
  return [
    { about, what: 'syntax', state: 'ok', found: count },
    ...notes.map((found): Check => ({ about, what: 'notes', state: 'note', found })),
    ...[...sources].flatMap(([name, source]) => checkPath(`source ${name}`, source)),
    ...targets.flatMap(checkTargetSettings),
    ...(
      await Promise.all([...registries].map((one) => checkCredentials(one, findCredentials)))
    ).flat(),
  ];
}

function checkTargetSettings(target: Target): Check[] {
  const { name, repository, impersonate, paused } = target;
  const about = `target ${name}`;
  const checks = placesOf(target).flatMap((place) => checkPath(about, place));
  const registry = repository?.registry;
  if (impersonate !== undefined && registry !== undefined && !isGoogleRegistry(registry)) {
    checks.push({
      about,
      what: 'impersonate',
      state: 'wrong',
      found: `${registry} takes no Google accounts`,
      fix: 'Take `impersonate` out: credentials of other registries come from the Docker config file (Terraform: docker_config).',
    });
  }
  if (paused) {
    const found = 'gets nothing until `paused` is taken out';
    checks.push({ about, what: 'paused', state: 'note', found });
  }
  return checks;
}

function checkPath(about: string, place: Place): Check[] {
  if ('bucket' in place || kindOf(place) !== 'image') return [];
  const isWhole = artifactRegistryName(place) !== undefined;
  if (isWhole || !place.registry.endsWith('pkg.dev')) return [];
  return [
    {
      about,
      what: 'name',
      state: 'wrong',
      found: `${formatPlace(place)} stops before a repository`,
      fix: 'Write LOCATION-docker.pkg.dev/PROJECT/REPOSITORY.',
    },
  ];
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
