import type { AccessKind } from '../../google/access';
import { artifactRegistryName } from '../../google/artifact-registry-name';
import { formatReference, isGoogleRegistry, type RepositoryName } from '../../oci/reference';

/** What is granted on for what is named by registry, repository and tag. */
export const repositoryAccess = {
  partOf(place: RepositoryName) {
    const nothing = { bucket: null, project: null, location: null, repository: null };
    const found = artifactRegistryName(place);
    if (found === undefined) return { name: formatReference(place), ...nothing };
    const [, project = '', , location = '', , repository = ''] = found.parent.split('/');
    const name = `${place.registry}/${found.path}`;
    return { name, bucket: null, project, location, repository };
  },
  sourceProblem: (place: RepositoryName) =>
    artifactRegistryName(place) === undefined
      ? `${formatReference(place)} is not in an Artifact Registry repository (LOCATION-docker.pkg.dev/PROJECT/REPOSITORY) and publishes no push events`
      : undefined,
  placeProblem: (place: RepositoryName) =>
    isGoogleRegistry(place.registry) && artifactRegistryName(place) === undefined
      ? `${formatReference(place)} names a project, and no repository in it`
      : undefined,
} satisfies AccessKind<'image' | 'template'>;
