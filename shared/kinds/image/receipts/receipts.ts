import type { CopyCaches } from '../../../copying/caches';
import type { Descriptor } from '../../../oci/descriptor';
import type { Digest } from '../../../oci/digest';
import type { Traffic } from '../../../oci/http/traffic';
import type { Repository } from '../../../oci/repository';
import { IN_TOTO } from '../../../statements/forms/statement';
import { PREDICATE_TYPE } from '../../../statements/relay-statement';
import {
  makeArtifact,
  makeBundleArtifact,
  type Artifact,
  statementOf,
  type Claim,
} from '../../../statements/signing/artifact';
import { signStatement } from '../../../statements/signing/sign';
import type { SigningKey } from '../../../statements/signing/signing-key';
import type { System } from '../../../system/system';
import { attach, type Listing } from '../attachments/attachments';
import type { CopyOutcome } from '../copy';
import type { ReleasedOn } from '../gate';
import { repositoryOnSide } from '../sides';
import { readReceipts, DESTINATION, RECEIPT } from './read-receipts';

export {
  readReceipts,
  receiptTime,
  type FoundReceipt,
  type ReceiptPredicate,
} from './read-receipts';

/** A copy that is done, and what its receipt says in addition to its outcome. */
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
 * Attaches a receipt to what the target's tag holds, unless one for this digest, destination and rule is there. One counts only
 * if the same key has signed it; without a key, its statement decides. The release is done: a failure here becomes a note in
 * the outcome, and the next job for the same tag retries.
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
    target: repositoryOnSide(repository, 'target'),
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

const RULE = 'dev.registry-relay.receipt.rule';

/** One release at one target, as its receipt states it. */
export interface Delivered {
  /** The reference at the source, with its tag. */
  readonly source: string;
  /** What the source's tag held: the whole index, where the target has some platforms of it. */
  readonly sourceDigest: Digest;
  /** The full reference at the target, with its tag. */
  readonly destination: string;
  /** What the target's tag holds. */
  readonly digest: Digest;
  readonly target: string;
  readonly rule: string;
  /** On what it was released, where rules require something. */
  readonly proof?: ReleasedOn;
  /** Of the product. */
  readonly version: string;
  readonly time: Date;
}

/**
 * An in-toto statement (https://github.com/in-toto/attestation, v1) as an OCI artifact that refers to `subject`: signed, a
 * Sigstore bundle, else the statement itself. Its annotations say what it is a receipt of, so that a list of referrers shows
 * whether there is one.
 */
export async function makeReceipt(
  delivered: Delivered,
  subject: Descriptor,
  key?: SigningKey,
  signal?: AbortSignal,
): Promise<Artifact> {
  const { destination, digest, rule, time } = delivered;
  const statement = statementOf(claimOf(delivered), { name: destination, digest });
  const annotations = { [DESTINATION]: destination, [RULE]: rule };
  if (key) {
    const bundle = await signStatement(statement, key, signal);
    return makeBundleArtifact(bundle, subject, { predicateType: RECEIPT, time, annotations });
  }
  const type = { [PREDICATE_TYPE.unsigned]: RECEIPT };
  const title = { 'org.opencontainers.image.title': 'receipt.intoto.json' };
  const bytes = Buffer.from(JSON.stringify(statement));
  return makeArtifact(
    { mediaType: IN_TOTO, bytes, layerAnnotations: { ...type, ...title } },
    subject,
    { ...type, 'org.opencontainers.image.created': time.toISOString(), ...annotations },
  );
}

function claimOf(delivered: Delivered): Claim {
  const { source, sourceDigest, destination, digest } = delivered;
  const { target, rule, proof, version, time } = delivered;
  return {
    predicateType: RECEIPT,
    predicate: {
      source,
      sourceDigest,
      destination,
      digest,
      target,
      rule,
      proof,
      deliveredAt: time.toISOString(),
      deliveredBy: { name: 'registry-relay', version },
    },
  };
}
