import { DOCKER_LIST, OCI_INDEX } from '../../../oci/media-types';

/** The configs that name a platform. */
const IMAGE_CONFIG_TYPES: readonly string[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_LIST;
}

export function isImageConfigType(mediaType: string): boolean {
  return IMAGE_CONFIG_TYPES.includes(mediaType);
}
