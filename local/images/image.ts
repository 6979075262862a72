import type { Descriptor, Platform } from '../../shared/oci/descriptor';
import { digestOf, type DigestAlgorithm } from '../../shared/oci/digest';
import { blob, distinct, type DescribedBlob, type Image } from './content';
import { layer, type Layer } from './layer';
import { DOCKER, OCI } from './media-types';

/** What any manifest or index may have. */
export interface ManifestOptions {
  readonly tag?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  /** Of the manifest's own digest, and of an image's config. Default: sha256. */
  readonly algorithm?: DigestAlgorithm;
  /** Written over the document as it is: more fields, other values; `undefined` leaves a field out. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface ImageOptions extends ManifestOptions {
  /** Default: one layer of 1 KiB. */
  readonly layers?: readonly Layer[];
  /** Default: linux/amd64. */
  readonly platform?: Platform;
  /** Docker's media types instead of OCI's. */
  readonly docker?: boolean;
  /** Embeds the config in its descriptor (`data`). */
  readonly embed?: boolean;
  /** More fields of the config. */
  readonly config?: Readonly<Record<string, unknown>>;
}

const LINUX = { os: 'linux', architecture: 'amd64' };

/** A container image: config, layers, manifest. */
export function image(options: ImageOptions = {}): Image {
  const { layers = [layer()], platform = LINUX, docker, algorithm, embed } = options;
  const types = docker ? DOCKER : OCI;
  const config = {
    ...platform,
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    ...options.config,
  };
  return manifest(
    types.manifest,
    blob(json(config), types.config, { algorithm, embed }),
    layers,
    options,
  );
}

export interface ArtifactOptions extends ManifestOptions {
  /** Default: one small text. */
  readonly blobs?: readonly DescribedBlob[];
  /** Default: the empty JSON document of the image-spec. */
  readonly config?: DescribedBlob;
}

/** An artifact as the image-spec's guidance has it: an image manifest with an empty config. */
export function artifact(options: ArtifactOptions = {}): Image {
  const { artifactType = 'application/vnd.example.artifact' } = options;
  const blobs = options.blobs ?? [blob(Buffer.from(`an ${artifactType}\n`), 'text/plain')];
  const config = options.config ?? blob(Buffer.from('{}'), OCI.emptyConfig);
  return manifest(OCI.manifest, config, blobs, { ...options, artifactType });
}

export interface IndexEntry {
  readonly image: Image;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface IndexOptions extends ManifestOptions {
  readonly entries: readonly IndexEntry[];
  /** Docker's manifest list instead of an OCI index. */
  readonly docker?: boolean;
}

/** An index (Docker: a manifest list) of images, indexes or artifacts. */
export function index(options: IndexOptions): Image {
  const document = {
    manifests: options.entries.map(({ image: { root }, platform, annotations }) => ({
      ...root,
      platform,
      annotations,
    })),
  };
  const mediaType = (options.docker ? DOCKER : OCI).index;
  return rooted(
    mediaType,
    document,
    options.entries.map(({ image: child }) => child),
    options,
  );
}

function manifest(
  mediaType: string,
  config: DescribedBlob,
  layers: readonly DescribedBlob[],
  options: ManifestOptions,
): Image {
  const document = {
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  };
  // A foreign layer is only referred to, never pushed.
  const pushed = [config, ...layers].filter(({ descriptor }) => descriptor.urls === undefined);
  const blobs = { blobs: pushed.map((described) => described.blob), manifests: [] };
  return rooted(mediaType, document, [blobs], options);
}

function rooted(
  mediaType: string,
  document: Readonly<Record<string, unknown>>,
  below: readonly Omit<Image, 'root'>[],
  { tag, annotations, artifactType, subject, algorithm, fields }: ManifestOptions,
): Image {
  const bytes = json({
    schemaVersion: 2,
    mediaType,
    artifactType,
    ...document,
    subject,
    annotations,
    ...fields,
  });
  const digest = digestOf(bytes, algorithm);
  return {
    root: { mediaType, digest, size: bytes.byteLength, ...(artifactType && { artifactType }) },
    blobs: distinct(below.flatMap(({ blobs }) => blobs)),
    manifests: distinct([
      ...below.flatMap(({ manifests }) => manifests),
      { mediaType, digest, bytes, tag },
    ]),
  };
}

function json(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document));
}
