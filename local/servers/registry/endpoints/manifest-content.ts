import * as z from 'zod';
import type { Descriptor } from '../../../../shared/oci/descriptor';
import { digestAlgorithm, digestOf, isDigest, type Digest } from '../../../../shared/oci/digest';
import { refuse } from '../errors';

/** What the registry must know of a manifest or index. Whatever else it has is its author's. */
export interface ManifestContent {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  /** Config, layers and `blobs` that must be in the repository: foreign layers are not. */
  readonly blobs: readonly Digest[];
  /** The children of an index. */
  readonly children: readonly Digest[];
  readonly subject?: Digest;
  /** As the referrers list has it: `artifactType`, else the config's media type. */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const PointedAt = z.looseObject({
  mediaType: z.string().default(''),
  digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'not a digest'),
  size: z.int().nonnegative(),
  urls: z.array(z.string()).optional(),
});
type PointedAt = z.infer<typeof PointedAt>;

const Content = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: PointedAt.optional(),
  layers: z.array(PointedAt).default([]),
  blobs: z.array(PointedAt).default([]),
  manifests: z.array(PointedAt).default([]),
  subject: PointedAt.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/**
 * Reads what a client PUTs. `reference` is the digest of the path, or undefined for a tag.
 *
 * @throws {ProtocolError} MANIFEST_INVALID, DIGEST_INVALID
 */
export function readManifest(
  bytes: Uint8Array,
  contentType: string | undefined,
  expected: Digest | undefined,
): ManifestContent {
  const digest = digestOf(bytes, expected && digestAlgorithm(expected));
  if (expected !== undefined && digest !== expected) {
    throw refuse('DIGEST_INVALID', 'provided digest did not match uploaded content', {
      detail: { expected, actual: digest },
    });
  }
  const { mediaType: ownType, config, ...content } = parseContent(bytes);
  const sentType = contentType?.split(';')[0]?.trim() ?? '';
  const mediaType = sentType === '' ? ownType : sentType;
  if (mediaType === undefined || (ownType !== undefined && ownType !== mediaType)) {
    throw refuse('MANIFEST_INVALID', 'Content-Type is not the mediaType of the manifest', {
      detail: { contentType, mediaType: ownType },
    });
  }
  const artifactType = content.artifactType ?? config?.mediaType;
  const blobs = [config ?? [], content.layers, content.blobs].flat();
  return {
    mediaType,
    digest,
    bytes,
    blobs: blobs.filter((blob) => !isForeign(blob)).map((blob) => blob.digest),
    children: content.manifests.map((child) => child.digest),
    subject: content.subject?.digest,
    ...(artifactType !== undefined && artifactType !== '' && { artifactType }),
    annotations: content.annotations,
  };
}

function parseContent(bytes: Uint8Array): z.infer<typeof Content> {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuse('MANIFEST_INVALID', 'manifest is not JSON');
  }
  const parsed = Content.safeParse(json);
  if (!parsed.success) {
    throw refuse('MANIFEST_INVALID', 'manifest invalid', { detail: z.prettifyError(parsed.error) });
  }
  return parsed.data;
}

/** A layer that may be had elsewhere need not be in the registry (OCI image-spec, "Non-Distributable Layers"). */
function isForeign({ mediaType, urls }: PointedAt): boolean {
  return (urls?.length ?? 0) > 0 || /\.nondistributable\.|\.foreign\./.test(mediaType);
}

/** What the referrers list says of a manifest (end-12a). */
export function referrerDescriptor(manifest: ManifestContent): Descriptor {
  const { mediaType, digest, bytes, artifactType, annotations } = manifest;
  return {
    mediaType,
    digest,
    size: bytes.length,
    artifactType,
    annotations,
  };
}
