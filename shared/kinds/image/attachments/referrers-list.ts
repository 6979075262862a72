import { isNotThere } from '../../../copying/errors';
import type { Descriptor } from '../../../oci/descriptor';
import type { Digest } from '../../../oci/digest';
import { referenceTo } from '../../../oci/reference';
import type { Repository } from '../../../oci/repository';
import type { Artifact, Blob } from '../../../statements/signing/artifact';
import { listUnderTag, readReferrersTag, type Listing, referrerDescriptor } from './referrers-tag';

/** What a repository says refers to a subject: what its users are shown, whatever else it may have by digest. */
interface Listed {
  readonly referrers: readonly Descriptor[];
  /** By the referrers API; else by the list under the fallback tag. */
  readonly byApi: boolean;
}

export async function readListed(
  repository: Pick<Repository, 'listReferrers' | 'getManifest'>,
  subject: Digest,
): Promise<Listed> {
  const referrers = await repository.listReferrers(subject);
  if (referrers) return { referrers, byApi: true };
  const list = await readReferrersTag(repository, subject);
  return { referrers: typeof list === 'object' ? list.manifests : [], byApi: false };
}

/** What a repository does not show, of what it should. */
export interface Unlisted<T> extends Pick<Listed, 'byApi'> {
  readonly lacking: readonly T[];
}

/**
 * Those of `wanted` that a repository does not show as referrers of `subject`. No API lists what does not name its subject,
 * as some of what is under fallback tags: with `byTag` that may be listed there.
 */
export async function findUnlisted<T extends Pick<Descriptor, 'digest'>>(
  repository: Repository,
  subject: Digest,
  wanted: readonly T[],
  { byTag }: { readonly byTag: boolean },
): Promise<Unlisted<T>> {
  const { byApi, referrers } = await readListed(repository, subject);
  const lacking = without(wanted, referrers);
  if (!byApi || !byTag || lacking.length === 0) return { byApi, lacking };
  const list = await readReferrersTag(repository, subject);
  const nowhere = without(lacking, typeof list === 'object' ? list.manifests : []);
  const lost: T[] = [];
  for (const one of without(lacking, nowhere)) {
    if (await namesSubject(repository, one.digest, subject)) lost.push(one);
  }
  return { byApi, lacking: [...nowhere, ...lost] };
}

async function namesSubject(
  repository: Repository,
  digest: Digest,
  subject: Digest,
): Promise<boolean> {
  try {
    return (await repository.getManifest(digest)).subject?.digest === subject;
  } catch (error) {
    // Whatever it named, it is not there.
    if (isNotThere(error)) return true;
    throw error;
  }
}

function without<T extends Pick<Descriptor, 'digest'>>(
  some: readonly T[],
  others: readonly Pick<Descriptor, 'digest'>[],
): readonly T[] {
  const digests = new Set(others.map(({ digest }) => digest));
  return some.filter(({ digest }) => !digests.has(digest));
}

/**
 * Sees to it that the target lists `referrers` of `subject`, which it has. A registry with the referrers API does so by
 * itself; but some lose one of two that are put at once: what it lacks is `put` again, one after the other, and the list is
 * read once more. What is not listed even then is noted, and is no failure: it is there by its digest.
 */
export async function ensureListed(
  listing: Listing,
  subject: Digest,
  referrers: readonly Descriptor[],
  put: (referrer: Descriptor) => Promise<unknown>,
): Promise<void> {
  const { caches, notes, signal, target } = listing;
  const { byApi, lacking } = await findUnlisted(target, subject, referrers, { byTag: true });
  if (lacking.length === 0) return;
  if (!byApi) return listUnderTag(listing, subject, lacking);
  const name = referenceTo(target, subject);
  await caches.writers.run(`referrers ${name}`, signal, async () => {
    for (const referrer of lacking) await put(referrer);
  });
  const { lacking: lost } = await findUnlisted(target, subject, lacking, { byTag: true });
  for (const { digest } of lost) {
    notes.add(`${name} has ${digest} by its digest, but does not list it among its referrers`);
  }
}

/**
 * Attaches what `make` makes to a manifest of the target's, and sees to it that it is listed there. Gives its digest.
 *
 * @throws {Error} when there is no such manifest.
 */
export async function attach(
  listing: Listing,
  subject: Digest,
  make: (subject: Descriptor) => Promise<Artifact>,
): Promise<Digest> {
  const { target } = listing;
  const described = await target.headManifest(subject);
  if (!described) throw new Error(`${referenceTo(target, subject)} is not there any more`);
  const artifact = await make(described);
  const { manifest } = artifact;
  const put = (): Promise<void> => target.putManifest(manifest, manifest.descriptor.digest);
  await pushArtifact(target, artifact);
  await ensureListed(listing, subject, [referrerDescriptor(manifest)], put);
  return manifest.descriptor.digest;
}

/** Writes an artifact to a repository, whether or not its subject is there. */
export async function pushArtifact(
  target: Repository,
  { blobs, manifest }: Artifact,
): Promise<void> {
  for (const blob of blobs) await upload(target, blob);
  await target.putManifest(manifest, manifest.descriptor.digest);
}

async function upload(target: Repository, { bytes, descriptor }: Blob): Promise<void> {
  const opened = await target.mountOrStartUpload(descriptor.digest);
  if (opened !== 'present') await opened.write(descriptor, bytes);
}
