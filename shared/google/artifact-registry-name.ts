import { gcrLocationOf, projectLengthOf, type RepositoryName } from '../oci/reference';

/** Where images lie in Artifact Registry, as its API names it. */
export interface ArtifactRegistryName {
  /** `projects/P/locations/L/repositories/R` */
  readonly parent: string;
  /** The part of the path that names project and repository: `vendor/releases`. */
  readonly path: string;
}

/** The location of everything in the local stack. */
const LOCAL_LOCATION = 'local';

/**
 * The Artifact Registry repository that holds `name`. Undefined for other registries, and for a path that stops before a
 * repository. `emulatedHosts` are taken for Artifact Registry, too: `127.0.0.1:5050/project/repository/…`.
 */
export function artifactRegistryName(
  { registry, repository }: RepositoryName,
  emulatedHosts: readonly string[] = [],
): ArtifactRegistryName | undefined {
  const components = repository.split('/');
  const projectLength = projectLengthOf(components);
  const project = components.slice(0, projectLength).join(':');
  const gcrLocation = gcrLocationOf(registry);
  if (gcrLocation !== undefined) {
    const path = components.slice(0, projectLength).join('/');
    return {
      parent: `projects/${project}/locations/${gcrLocation}/repositories/${registry}`,
      path,
    };
  }
  const location = locationOf(registry, emulatedHosts);
  const name = components[projectLength];
  if (location === undefined || name === undefined) return undefined;
  return {
    parent: `projects/${project}/locations/${location}/repositories/${name}`,
    path: components.slice(0, projectLength + 1).join('/'),
  };
}

function locationOf(registry: string, emulatedHosts: readonly string[]): string | undefined {
  const host = registry.replace(/:\d+$/, '');
  if (emulatedHosts.includes(registry) || emulatedHosts.includes(host)) return LOCAL_LOCATION;
  return /^([a-z0-9-]+)-[a-z]+\.pkg\.dev$/.exec(registry)?.[1];
}
