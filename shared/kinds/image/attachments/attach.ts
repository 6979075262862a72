import type { Digest } from '../../../oci/digest';
import { referenceTo } from '../../../oci/reference';
import type { Repository } from '../../../oci/repository';
import type { Artifact, Blob } from '../../../statements/signing/artifact';
import type { Descriptor } from '../../../oci/descriptor';
import { referrerDescriptor } from './referrers-index';
import { ensureListed } from './referrers-list';
import type { Listing } from './referrers-tag';

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
  const { manifest, blobs } = await make(described);
  for (const blob of blobs) await upload(target, blob);
  const put = (): Promise<void> => target.putManifest(manifest, manifest.descriptor.digest);
  await put();
  await ensureListed(listing, subject, [referrerDescriptor(manifest)], put);
  return manifest.descriptor.digest;
}

async function upload(target: Repository, { bytes, descriptor }: Blob): Promise<void> {
  const opened = await target.mountOrStartUpload(descriptor.digest);
  if (opened !== 'present') await opened.write(descriptor, bytes);
}
