import * as z from 'zod';
import type { Descriptor, Platform } from './descriptor';
import { digestAlgorithm, digestOf, isDigest, type Digest } from './digest';
import { DigestMismatchError, InvalidManifestError } from './http/errors';
import {
  DOCKER_IMAGE,
  OCI_ARTIFACT,
  OCI_IMAGE,
  OCI_INDEX,
  essence,
  isBlobType,
  isManifestType,
  isNondistributable,
  isSchema1,
} from './media-types';

/** A manifest or index: its exact bytes, and what they point at. */
export interface Manifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** Config, layers and `blobs`, in order, duplicates and foreign layers left out. */
  readonly blobs: readonly Descriptor[];
  /** The foreign layers, if it has some: only sent where a registry asks for them. */
  readonly foreign?: readonly Descriptor[];
  /** The children of an index, in order, without duplicates. */
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  /** As referrers lists have it: the media type of the config when an image manifest names none. */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ManifestLimits {
  readonly maxBytes: number;
  /** Blobs and manifests that one manifest may point at. */
  readonly maxChildren: number;
}

/** What registries accept themselves. */
export const DEFAULT_MANIFEST_LIMITS: ManifestLimits = {
  maxBytes: 4 * 1024 * 1024,
  maxChildren: 10_000,
};

/** Go writes `null` for what is empty. */
const nullable = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const Annotations = z.record(z.string(), z.string());

/** A descriptor in foreign JSON; fields that we do not know are left out. */
export const DescriptorSchema = z
  .looseObject({
    mediaType: z.string().min(1),
    digest: z.string().refine(isDigest, 'not a sha256 or sha512 digest'),
    size: z.int().nonnegative(),
    artifactType: nullable(z.string()),
    annotations: nullable(Annotations),
    platform: nullable(
      z.looseObject({ os: z.string(), architecture: z.string(), variant: nullable(z.string()) }),
    ).catch(undefined),
    data: nullable(z.string()),
    urls: nullable(z.array(z.string())),
  })
  .transform(descriptorOf);

const ManifestSchema = z.looseObject({
  schemaVersion: z.number().optional(),
  mediaType: nullable(z.string()),
  artifactType: nullable(z.string()),
  config: nullable(DescriptorSchema),
  layers: nullable(z.array(DescriptorSchema)),
  blobs: nullable(z.array(DescriptorSchema)),
  manifests: nullable(z.array(DescriptorSchema)),
  subject: nullable(DescriptorSchema),
  annotations: nullable(Annotations),
});

/** Its bytes come from within a manifest that was read, or are made of such ones: that one's limit has been kept. */
const LIMITS_INSIDE: ManifestLimits = {
  ...DEFAULT_MANIFEST_LIMITS,
  maxBytes: Number.POSITIVE_INFINITY,
};

/**
 * Reads an image manifest, an index or an artifact manifest, OCI's or Docker's, as a config, layers, blobs, manifests
 * and a subject, each optional. `limits` apply to what a registry sends; without them any length is accepted.
 * @throws {InvalidManifestError} if the bytes are not a manifest; {@link DigestMismatchError} if they are not
 * `expected`.
 */
export function parseManifest(
  bytes: Uint8Array,
  contentType: string | undefined,
  expected?: Digest,
  limits: ManifestLimits = LIMITS_INSIDE,
): Manifest {
  const digest = digestOf(bytes, expected === undefined ? 'sha256' : digestAlgorithm(expected));
  if (expected !== undefined && digest !== expected) {
    throw new DigestMismatchError('a manifest', expected, digest);
  }
  const invalid = (problem: string): never => {
    throw new InvalidManifestError(`the manifest ${digest} cannot be copied: ${problem}`);
  };
  if (bytes.length > limits.maxBytes) {
    return invalid(`it is larger than the limit of ${limits.maxBytes} bytes`);
  }
  const header = essence(contentType);
  const json = parseJson(bytes);
  if (json === undefined)
    return invalid(`it is not a JSON object (content type ${header ?? 'not given'})`);
  const parsed = ManifestSchema.safeParse(json);
  if (!parsed.success) return invalid(problemsOf(parsed.error));
  const { data } = parsed;
  if (isSchema1(data.mediaType ?? header) || data.schemaVersion === 1) {
    return invalid(
      'it has Docker schema 1, which is obsolete: push the image again with a current tool',
    );
  }
  const mediaType = data.mediaType ?? (isManifestType(header) ? header : shapeOf(data));
  if (mediaType === undefined) return invalid('it has neither a media type nor the parts of one');

  const { config, layers = [], blobs = [], manifests: entries = [], subject, annotations } = data;
  const children = unique(
    entries.filter((entry) => !isBlobType(entry.mediaType)),
    entryName,
  );
  const content = [
    config,
    ...layers,
    ...blobs,
    ...entries.filter((entry) => isBlobType(entry.mediaType)),
  ];
  const all = unique(content.filter((blob) => blob !== undefined));
  const own = all.filter((blob) => !isForeign(blob));
  const foreign = all.filter(isForeign);
  if (own.length + children.length > limits.maxChildren) {
    return invalid(`it points at more than ${limits.maxChildren} blobs and manifests`);
  }
  const artifactType = data.artifactType || config?.mediaType;
  return {
    descriptor: { mediaType, digest, size: bytes.length },
    bytes,
    blobs: own,
    ...(foreign.length > 0 && { foreign }),
    manifests: children,
    subject,
    artifactType,
    annotations,
  };
}

/**
 * Returns true for content that a registry need not hold with a manifest that names it: it has URLs of its own, or a
 * media type that forbids distribution. If such a blob is missing at the source, that is not an error.
 */
export function isOptionalBlob({ mediaType, urls }: Descriptor): boolean {
  return (urls ?? []).length > 0 || isNondistributable(mediaType);
}

/** Never copied. Registries ask for a layer with URLs all the same when its media type is an ordinary one. */
function isForeign({ mediaType, urls }: Descriptor): boolean {
  return (urls ?? []).length > 0 && isNondistributable(mediaType);
}

function descriptorOf(raw: {
  mediaType: string;
  digest: Digest;
  size: number;
  artifactType: string | undefined;
  annotations: Record<string, string> | undefined;
  platform: { os: string; architecture: string; variant: string | undefined } | undefined;
  data: string | undefined;
  urls: string[] | undefined;
}): Descriptor {
  const { mediaType, digest, size, artifactType, annotations, platform, data, urls } = raw;
  return {
    mediaType,
    digest,
    size,
    artifactType,
    annotations,
    platform: platform && platformOf(platform),
    data,
    urls,
  };
}

function platformOf({
  os,
  architecture,
  variant,
}: {
  os: string;
  architecture: string;
  variant: string | undefined;
}): Platform {
  return { os, architecture, variant };
}

function shapeOf(data: z.output<typeof ManifestSchema>): string | undefined {
  if (data.manifests !== undefined) return OCI_INDEX;
  if (data.blobs !== undefined) return OCI_ARTIFACT;
  if (data.layers === undefined && data.config === undefined) return undefined;
  return data.config?.mediaType.startsWith('application/vnd.docker.') === true
    ? DOCKER_IMAGE
    : OCI_IMAGE;
}

/** Distinguishes the entries of an index: one image may be listed for several platforms. */
export function entryName({ digest, platform }: Descriptor): string {
  const { os = '', architecture = '', variant = '' } = platform ?? {};
  return `${digest} ${os}/${architecture}/${variant}`;
}

/** The first of each name, in order. */
function unique(
  descriptors: readonly Descriptor[],
  nameOf: (descriptor: Descriptor) => string = ({ digest }) => digest,
): Descriptor[] {
  const seen = new Set<string>();
  return descriptors.filter((one) => !seen.has(nameOf(one)) && seen.add(nameOf(one)));
}

function parseJson(bytes: Uint8Array): object | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function problemsOf({ issues }: z.ZodError): string {
  const problems = issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return `${problems[0] ?? ''}${more}`;
}
