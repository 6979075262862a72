import { CopyError, isNotThere } from '../../copying/errors';
import type { Digest } from '../../oci/digest';
import { isOptionalBlob, type Manifest } from '../../oci/manifest';
import { isManifestType } from '../../oci/media-types';
import { referenceTo } from '../../oci/reference';
import { findUnlisted } from './attachments/attachments';
import { allOrAbort, type Copying } from './copy-context';

/** What the target is to have when a copy is done. */
export interface Expected {
  /** Manifests. */
  readonly nodes: ReadonlySet<Digest>;
  /** By subject: what the target is to list as its referrers. */
  readonly referrers: ReadonlyMap<Digest, readonly Digest[]>;
}

/**
 * Reads every manifest of `nodes`, and of what they consist of, back from the target by its digest, looks for every blob,
 * and compares what the target lists as referrers: clients do not find what is not listed.
 *
 * @throws {CopyError} for the first that is missing or not what it should be.
 */
export async function verifyAtTarget(
  copying: Copying,
  { nodes, referrers }: Expected,
): Promise<void> {
  const { target } = copying;
  const checked = new Set<Digest>();

  async function once(digest: Digest, check: () => Promise<void>): Promise<void> {
    if (checked.has(digest)) return;
    checked.add(digest);
    await check();
  }

  async function verifyManifest({ digest, mediaType }: Node): Promise<void> {
    const manifest = await readUnlessBlob(copying, { digest, mediaType });
    if (!manifest) return;
    const blobs = manifest.blobs.filter((blob) => !isOptionalBlob(blob));
    await allOrAbort(copying, [
      ...blobs.map((blob) => once(blob.digest, () => verifyBlob(blob.digest))),
      ...manifest.manifests
        .filter((child) => !isOptionalBlob(child))
        .map((child) => once(child.digest, () => verifyManifest(child))),
    ]);
  }

  async function verifyBlob(digest: Digest): Promise<void> {
    if (await target.hasBlob(digest)) return;
    const reference = referenceTo(target, digest);
    const missing = new Error('the registry says that it does not have it');
    throw new CopyError({ operation: 'verify the blob', side: 'target', reference }, missing);
  }

  async function verifyList(subject: Digest, expected: readonly Digest[]): Promise<void> {
    const wanted = expected.map((digest) => ({ digest }));
    const { lacking } = await findUnlisted(target, subject, wanted, { byTag: true });
    if (lacking.length === 0) return;
    const reference = referenceTo(target, subject);
    const missing = new Error(`it lacks ${lacking.map(({ digest }) => digest).join(', ')}`);
    const operation = 'verify the list of the referrers of';
    throw new CopyError({ operation, side: 'target', reference }, missing);
  }

  await allOrAbort(copying, [
    ...[...nodes].map((digest) => once(digest, () => verifyManifest({ digest }))),
    ...[...referrers].map(([subject, expected]) => verifyList(subject, expected)),
  ]);
}

/** A manifest, or what an index lists. */
interface Node {
  readonly digest: Digest;
  /** As the index has it. Unset where nothing but a manifest is meant. */
  readonly mediaType?: string;
}

/** `undefined`: an index lists it, and it is a blob on both sides. The media type decides which is asked for first. */
async function readUnlessBlob(
  { source, target }: Copying,
  { digest, mediaType }: Node,
): Promise<Manifest | undefined> {
  const isNamedManifest = mediaType === undefined || isManifestType(mediaType);
  if (!isNamedManifest && (await target.hasBlob(digest))) return undefined;
  try {
    return await target.getManifest(digest);
  } catch (error) {
    if (!isNotThere(error) || (await source.headManifest(digest))) throw error;
    if (await target.hasBlob(digest)) return undefined;
    throw error;
  }
}
