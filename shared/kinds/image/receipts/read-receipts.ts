import type { KeyObject } from 'node:crypto';
import * as z from 'zod';
import { isNotThere } from '../../../copying/errors';
import type { Descriptor } from '../../../oci/descriptor';
import { isDigest, type Digest } from '../../../oci/digest';
import type { Manifest } from '../../../oci/manifest';
import type { SignedStatement } from '../../../statements/forms/bundle';
import {
  IN_TOTO,
  parseStatement,
  predicateFor,
  UnreadableError,
  type Statement,
} from '../../../statements/forms/statement';
import type { StatementSource } from '../../../statements/proof';
import {
  layerAbsence,
  MAX_STATEMENT_BYTES,
  readLayer,
  readWhole,
  statementLayers,
} from '../../../statements/reading/layers';
import { isSignedBy } from '../../../statements/signers/signed-by';
import { SIGSTORE_BUNDLE } from '../../../statements/signing/sign';
import { readListed } from '../attachments/attachments';

/** What our statements say; docs/signatures.md, "Receipts", has its fields. */
export const RECEIPT = 'https://registry-relay.dev/receipt/v1';

/** The annotation of a receipt that says where the release went. */
export const DESTINATION = 'dev.registry-relay.receipt.destination';

const DigestText = z.string().refine(isDigest);
const StatementSchema = z.looseObject({
  rule: z.string(),
  predicateType: z.string(),
  by: z.string(),
  statement: DigestText,
});
const PredicateSchema = z.looseObject({
  source: z.string(),
  sourceDigest: DigestText,
  destination: z.string(),
  digest: DigestText,
  rule: z.string(),
  deliveredAt: z.iso.datetime(),
  /** On what it was released, where the rules required something. */
  proof: z
    .looseObject({
      statements: z.array(StatementSchema),
      overrides: z
        .array(StatementSchema.extend({ why: z.string(), expires: z.string() }))
        .default([]),
    })
    .optional(),
});
/** What a receipt says. */
export type ReceiptPredicate = z.output<typeof PredicateSchema>;

/** A receipt that lies at a target. Without keys `verified` says no more than that it states what it should. */
export type FoundReceipt =
  | { readonly receipt: Digest; readonly verified: true; readonly says: ReceiptPredicate }
  | {
      readonly receipt: Digest;
      readonly verified: false;
      /** Follows "a receipt" in a sentence: `that is not signed`. */
      readonly problem: string;
    };

export interface ReceiptsOf {
  /** The full reference at the target, with its tag. */
  readonly destination: string;
  /** What its tag holds. */
  readonly digest: Digest;
  /** By one of which a receipt is to be signed: a key is followed by another. Unset: what it states is enough. */
  readonly keys?: readonly KeyObject[];
}

/** More than that are no receipts of one release. */
const MOST = 1000;

/**
 * The receipts of a release at a target, verified, the oldest first. What annotations say chooses what is read, and is not
 * believed.
 *
 * @throws the client's error when the target cannot be read.
 */
export async function readReceipts(
  target: StatementSource,
  wanted: ReceiptsOf,
): Promise<readonly FoundReceipt[]> {
  const { referrers } = await readListed(target, wanted.digest);
  const found: FoundReceipt[] = [];
  for (const referrer of referrers) {
    if (found.length === MOST) break;
    if (!mayBeReceipt(referrer.artifactType)) continue;
    const one = await readReceipt(target, referrer, wanted);
    if (one) found.push(one);
  }
  return found.sort((one, other) => (timeOf(one) < timeOf(other) ? -1 : 1));
}

/**
 * When a release was delivered, by the annotations of its first receipt, which are not verified; undefined where
 * the list has none.
 *
 * @throws the client's error when the target cannot be read.
 */
export async function receiptTime(
  target: StatementSource,
  { destination, digest }: Omit<ReceiptsOf, 'keys'>,
): Promise<Date | undefined> {
  const { referrers } = await readListed(target, digest);
  const times = referrers
    .filter(({ annotations }) => isReceiptAt(destination, annotations))
    .map(({ annotations }) => Date.parse(annotations?.[CREATED] ?? ''))
    .filter((time) => !Number.isNaN(time));
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}

const CREATED = 'org.opencontainers.image.created';

function timeOf(one: FoundReceipt): string {
  return one.verified ? one.says.deliveredAt : '';
}

/** Undefined: it is something else. */
async function readReceipt(
  target: StatementSource,
  { annotations, digest: receipt }: Descriptor,
  wanted: ReceiptsOf,
): Promise<FoundReceipt | undefined> {
  if (annotations && !isReceiptAt(wanted.destination, annotations)) return undefined;
  try {
    const manifest = await target.getManifest(receipt);
    if (!isReceiptAt(wanted.destination, manifest.annotations)) return undefined;
    const says = await readSigned(target, manifest, wanted);
    if (typeof says !== 'string') return { receipt, verified: true, says };
    return { receipt, verified: false, problem: says };
  } catch (error) {
    const problem = isNotThere(error) ? 'that is listed and gone' : layerAbsence(error);
    if (problem === undefined) throw error;
    return { receipt, verified: false, problem };
  }
}

/** A statement that is signed, or one that is not, or why it is neither. */
function open(layer: Descriptor, bytes: Uint8Array): Statement | SignedStatement | string {
  if (layer.mediaType !== IN_TOTO) {
    const { problem = '', signed } = readLayer(layer, bytes);
    return signed ?? problem;
  }
  try {
    return parseStatement(bytes);
  } catch (error) {
    if (error instanceof UnreadableError) return error.message;
    throw error;
  }
}

/** What is said, once that is proven; else what is wrong. */
async function readSigned(
  target: StatementSource,
  manifest: Manifest,
  { destination, digest, keys }: ReceiptsOf,
): Promise<ReceiptPredicate | string> {
  const isUnsigned = manifest.artifactType === IN_TOTO;
  if (isUnsigned && keys) return 'that is not signed';
  const [layer, ...others] = isUnsigned
    ? manifest.blobs.filter(({ mediaType }) => mediaType === IN_TOTO)
    : statementLayers(manifest);
  if (layer === undefined || others.length > 0) return 'that holds no bundle';
  if (layer.size > MAX_STATEMENT_BYTES) return `of ${layer.size} bytes`;
  const stated = open(layer, await readWhole(await target.getBlob(layer)));
  if (typeof stated === 'string') return stated;
  const isSigned = keys?.some((key) => 'signatures' in stated && isSignedBy(key, stated)) ?? true;
  if (!isSigned) return 'that no such key has signed';
  if (stated.predicateType !== RECEIPT) return `that states ${stated.predicateType}`;
  const { data: says } = PredicateSchema.safeParse(predicateFor(stated, digest));
  if (!says) return 'about something else';
  if (says.digest !== digest || says.destination !== destination) return `of ${says.destination}`;
  return says;
}

/** Which referrers may be receipts, by their type. */
export function mayBeReceipt(artifactType: string | undefined): boolean {
  return artifactType === undefined || [SIGSTORE_BUNDLE, IN_TOTO].includes(artifactType);
}

/** Whether a referrer's annotations are those of a receipt for this destination. They prove nothing. */
export function isReceiptAt(
  destination: string,
  annotations: Descriptor['annotations'] = {},
): boolean {
  return annotations[DESTINATION] === destination;
}
