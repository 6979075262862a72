/** Media types of manifests and of what they point at (OCI image-spec, media-types.md; Docker's image manifest v2). */
export const OCI_IMAGE = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_ARTIFACT = 'application/vnd.oci.artifact.manifest.v1+json';
export const DOCKER_IMAGE = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

interface EmptyConfig {
  readonly mediaType: string;
  readonly digest: string;
}

/** The digest of `{}`. */
const EMPTY_JSON = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';

const MANIFEST_TYPES: readonly string[] = [
  OCI_IMAGE,
  OCI_INDEX,
  DOCKER_IMAGE,
  DOCKER_LIST,
  OCI_ARTIFACT,
];

/**
 * Sent with every manifest request: a registry may answer 404 for a type that is not listed. Without `q=`, which some
 * registries compare literally.
 */
export const ACCEPT_MANIFESTS = MANIFEST_TYPES.join(', ');

/** `text/html; charset=utf-8` as `text/html`, lower case. */
export function essence(contentType: string | undefined): string | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  return type === '' ? undefined : type;
}

export function isManifestType(mediaType: string | undefined): boolean {
  return mediaType !== undefined && MANIFEST_TYPES.includes(mediaType);
}

export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_INDEX || mediaType === DOCKER_LIST;
}

/** Docker's image manifest v2, schema 1: its digest does not cover its bytes, and nothing writes it any more. */
export function isSchema1(mediaType: string | undefined): boolean {
  return /^application\/vnd\.docker\.distribution\.manifest\.v1\+/.test(mediaType ?? '');
}

/** What an index may name although it is not a manifest: BuildKit caches list layers and a config there. */
export function isBlobType(mediaType: string): boolean {
  return /^application\/vnd\.(oci\.image\.(layer|config)\.|docker\.(image\.rootfs|container\.image)\.|buildkit\.cacheconfig\.)/.test(
    mediaType,
  );
}

/** What container runtimes unpack as a part of a root filesystem. */
export function isFilesystemLayer(mediaType: string): boolean {
  return /^application\/vnd\.(oci\.image\.layer|docker\.image\.rootfs)\./i.test(mediaType);
}

/** What may be an archive of files, by a type that does not say of what. */
export function isUnnamedArchive(mediaType: string): boolean {
  return /^(application\/(octet-stream|(x-)?(tar|gzip|zstd)([+;].*)?))?$/i.test(mediaType);
}

/** Whether a config is that of an image that runtimes accept. */
export function isImageConfig(mediaType: string): boolean {
  return /^application\/vnd\.(oci\.image\.config|docker\.container\.image)\./i.test(mediaType);
}

/** Whether a config is OCI's empty descriptor (image-spec, "Guidance for an Empty Descriptor"): its content is `{}`. */
export function isEmptyConfig({ digest, mediaType }: EmptyConfig): boolean {
  return mediaType === 'application/vnd.oci.empty.v1+json' && digest === EMPTY_JSON;
}

/** Layers that their licence keeps out of registries: "foreign" in Docker's words. */
export function isNondistributable(mediaType: string): boolean {
  return /^application\/vnd\.(docker\.image\.rootfs\.foreign\.|oci\.image\.layer\.nondistributable\.)/.test(
    mediaType,
  );
}
