import type { Digest } from '../../../oci/digest';
import type { Repository } from '../../../oci/repository';
import type { Traffic } from '../../../oci/http/traffic';
import type { System } from '../../../system/system';
import type { CopyCaches } from '../../../copying/caches';
import type { CopyOutcome } from '../outcome';
import type { SigningKey } from '../../../statements/signing/signing-key';
import { attach } from '../attachments/attach';
import type { Listing } from '../attachments/referrers-tag';
import type { ReleasedOn } from '../gate';
import { onSide } from '../sides';
import { readReceipts } from './read-receipts';
import { makeReceipt, type Delivered } from './receipt';

/** A copy that is done, and what its receipt says beside its outcome. */
export interface ReceiptRequest
  extends System, Omit<Delivered, 'destination' | 'digest' | 'sourceDigest' | 'proof'> {
  readonly outcome: CopyOutcome;
  /** Asks on what the release may go out, where the copy had no need to. Absent where no rule requires anything. */
  readonly prove?: () => Promise<ReleasedOn>;
  /** Signs it. Default: it is not signed. */
  readonly signingKey?: SigningKey;
  /** As it was opened for the copy, with its `traffic` and its `signal`. */
  readonly repository: Repository;
  readonly caches: CopyCaches;
  readonly traffic: Traffic;
  readonly signal: AbortSignal;
}

/**
 * Attaches a receipt to what the target's tag holds, unless one for this digest, destination and rule is there, which counts
 * only if the same key has signed it; without a key what it states decides. The release is done: whatever goes wrong here is a note in the outcome, and the next job for the same tag tries again.
 */
export async function attachReceipt(request: ReceiptRequest): Promise<CopyOutcome> {
  const { caches, clock, outcome, random, repository, signal, signingKey, traffic } = request;
  const { destination, digest, madeFrom: sourceDigest = digest } = outcome;
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
    const delivered = { ...request, destination, digest, sourceDigest };
    receipt = await caches.writers.run(`receipt ${destination}`, signal, async () => {
      if (await isThere(listing, delivered, signingKey)) return undefined;
      const proof = outcome.proof ?? (await request.prove?.());
      return attach(listing, digest, (subject) =>
        makeReceipt({ ...delivered, proof }, subject, signingKey, signal),
      );
    });
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

async function isThere(
  { signal, target }: Listing,
  { destination, digest, rule }: Delivered,
  key: SigningKey | undefined,
): Promise<boolean> {
  const keys = key && [await key.publicKey(signal)];
  const receipts = await readReceipts(target, { destination, digest, keys });
  return receipts.some((one) => one.verified && one.says.rule === rule);
}
