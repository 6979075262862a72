import type { Descriptor } from '../../../oci/descriptor';
import type { Digest } from '../../../oci/digest';
import type { Repository } from '../../../oci/repository';
import type { Traffic } from '../../../oci/http/traffic';
import type { System } from '../../../system/system';
import type { CopyCaches } from '../../../copying/caches';
import type { CopyOutcome } from '../outcome';
import { IN_TOTO, isReceiptOf, makeReceipt, type Blob, type Delivered } from './receipt';
import { referrerDescriptor } from '../attachments/referrers-index';
import { ensureListed, readListed } from '../attachments/referrers-list';
import type { Listing } from '../attachments/referrers-tag';
import { referenceTo } from '../../../oci/reference';
import { onSide } from '../sides';

/** A copy that is done, and what its receipt says beside its outcome. */
export interface ReceiptRequest extends System, Omit<Delivered, 'destination' | 'digest'> {
  readonly outcome: CopyOutcome;
  /** As it was opened for the copy, with its `traffic` and its `signal`. */
  readonly repository: Repository;
  readonly caches: CopyCaches;
  readonly traffic: Traffic;
  readonly signal: AbortSignal;
}

/**
 * Attaches a receipt to what the target's tag holds, unless one for this digest, destination and rule is there. The release
 * is done: whatever goes wrong here is a note in the outcome, and the next job for the same tag tries again.
 */
export async function attachReceipt(request: ReceiptRequest): Promise<CopyOutcome> {
  const { caches, clock, outcome, random, repository, signal, traffic } = request;
  const { destination, digest } = outcome;
  const started = clock.monotonic();
  const notes = new Set(outcome.notes);
  const listing: Listing = {
    caches,
    notes,
    signal,
    clock,
    random,
    target: onSide(repository, 'target'),
    tally: { manifests: 0 },
  };
  let receipt: Digest | undefined;
  try {
    const delivered = { ...request, destination, digest };
    receipt = await caches.tags.run(`receipt ${destination}`, signal, () =>
      attachIfLacking(listing, delivered),
    );
  } catch (error) {
    notes.add(`no receipt: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {
    ...outcome,
    ...(receipt !== undefined && { receipt }),
    bytes: traffic.bytesWritten,
    requests: traffic.requests,
    seconds: outcome.seconds + (clock.monotonic() - started) / 1000,
    notes: [...notes],
  };
}

async function attachIfLacking(
  listing: Listing,
  delivered: Delivered,
): Promise<Digest | undefined> {
  const { target } = listing;
  const { digest } = delivered;
  const { referrers } = await readListed(target, digest);
  if (await findReceipt(target, referrers, delivered)) return undefined;
  const subject = await target.headManifest(digest);
  if (!subject) throw new Error(`${referenceTo(target, digest)} is not there any more`);
  const { manifest, blobs } = makeReceipt(delivered, subject);
  for (const blob of blobs) await upload(target, blob);
  const put = (): Promise<void> => target.putManifest(manifest, manifest.descriptor.digest);
  await put();
  await ensureListed(listing, digest, [referrerDescriptor(manifest)], put);
  return manifest.descriptor.digest;
}

/** Some registries list referrers without their annotations: then the referrer itself is read. */
async function findReceipt(
  target: Repository,
  referrers: readonly Descriptor[],
  delivered: Delivered,
): Promise<boolean> {
  for (const { annotations, artifactType = IN_TOTO, digest } of referrers) {
    if (artifactType !== IN_TOTO) continue;
    const known = annotations ?? (await target.getManifest(digest)).annotations;
    if (isReceiptOf(delivered, known)) return true;
  }
  return false;
}

async function upload(target: Repository, { bytes, descriptor }: Blob): Promise<void> {
  const opened = await target.mountOrStartUpload(descriptor.digest);
  if (opened !== 'present') await opened.write(descriptor, bytes);
}
