import { formatReference, InvalidReferenceError, type RepositoryName } from '../../oci/reference';

/** A repository of pipeline templates in Artifact Registry, or one package in it. */
export interface TemplateName {
  /** `us-kfp.pkg.dev` */
  readonly registry: string;
  /** `/project/repository`, below which the KFP host takes uploads and serves downloads. */
  readonly path: string;
  /** `projects/P/locations/L/repositories/R`, as Artifact Registry's API names it. */
  readonly parent: string;
  /** The name of a pipeline. Absent where the name stops at the repository. */
  readonly package?: string;
}

/** For a host that names no location, as in the local stack. */
const LOCAL_LOCATION = 'local';

/**
 * Reads `LOCATION-kfp.pkg.dev/project/repository[/package]`. A domain-scoped project is `example.com:project` on both hosts
 * and two components in a reference.
 *
 * @throws {InvalidReferenceError} for a path of another length.
 */
export function parseTemplateName(name: RepositoryName): TemplateName {
  const components = name.repository.split('/');
  const projectLength = components[0]?.includes('.') === true ? 2 : 1;
  const project = components.slice(0, projectLength).join(':');
  const [repository, packageName, ...others] = components.slice(projectLength);
  if (repository === undefined || others.length > 0) {
    throw new InvalidReferenceError(
      formatReference(name),
      'a pipeline template is at host/project/repository/package',
    );
  }
  const location = /^([a-z0-9-]+)-kfp\./.exec(name.registry)?.[1] ?? LOCAL_LOCATION;
  return {
    registry: name.registry,
    path: `/${project}/${repository}`,
    parent: `projects/${project}/locations/${location}/repositories/${repository}`,
    package: packageName,
  };
}

/** The host of Artifact Registry's API for a KFP host: Google's for its own, else the same one. */
export function apiHostOf(registry: string): string {
  return /^[a-z0-9-]+-kfp\.pkg\.dev$/.test(registry) ? 'artifactregistry.googleapis.com' : registry;
}
