import type { Descriptor } from '../../../oci/descriptor';
import type { Manifest } from '../../../oci/manifest';
import { OCI_INDEX } from '../../../oci/media-types';

/** The descriptor by which a referrer is listed: with its artifact type and annotations, which clients filter by. */
export function referrerDescriptor(
  referrer: Pick<Manifest, 'descriptor' | 'artifactType' | 'annotations'>,
): Descriptor {
  const { mediaType, digest, size } = referrer.descriptor;
  const { artifactType, annotations } = referrer;
  return {
    mediaType,
    digest,
    size,
    artifactType,
    annotations,
  };
}

/** Whether an index lists all of `referrers`, each with the artifact type and annotations that it should have. */
export function listsAll(index: Manifest, referrers: readonly Descriptor[]): boolean {
  const essence = (one: Descriptor | undefined): string =>
    JSON.stringify([one?.artifactType, Object.entries(one?.annotations ?? {}).sort()]);
  const listed = new Map(index.manifests.map((one) => [one.digest, one]));
  return referrers.every((one) => essence(listed.get(one.digest)) === essence(one));
}

/**
 * The bytes of a fallback index that lists what is `listed` already and `added`, each once, in the order of their digests:
 * two writers that add the same make the same bytes. `undefined`: there is nothing to add.
 */
export function mergeReferrers(
  listed: readonly Descriptor[],
  added: readonly Descriptor[],
): Uint8Array | undefined {
  const known = new Set(listed.map(({ digest }) => digest));
  if (added.every(({ digest }) => known.has(digest))) return undefined;
  const byDigest = new Map([...listed, ...added].map((one) => [one.digest, one]));
  const manifests = [...byDigest.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
}
