import { digestAlgorithm, digestHex, digestOf, type Digest } from '../../../oci/digest';
import type { Descriptor } from '../../../oci/descriptor';
import { parseManifest, type Manifest } from '../../../oci/manifest';
import { OCI_IMAGE } from '../../../oci/media-types';

export const IN_TOTO = 'application/vnd.in-toto+json';
/** What our statements say; docs/operations.md, "Receipts", has its fields. */
export const RECEIPT = 'https://registry-relay.dev/receipt/v1';

/** image-spec, "Guidance for an Empty Descriptor". */
const EMPTY_CONFIG = Buffer.from('{}');
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
const DESTINATION = 'dev.registry-relay.receipt.destination';
const RULE = 'dev.registry-relay.receipt.rule';

/** One release at one target, as its receipt tells it. */
export interface Delivered {
  /** The reference at the source, with its tag. */
  readonly source: string;
  /** The full reference at the target, with its tag. */
  readonly destination: string;
  /** What the target's tag holds. */
  readonly digest: Digest;
  readonly target: string;
  readonly rule: string;
  /** Of the product. */
  readonly version: string;
  readonly time: Date;
}

export interface Blob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export interface Receipt {
  readonly manifest: Manifest;
  /** What the manifest points at. */
  readonly blobs: readonly Blob[];
}

/**
 * An unsigned in-toto statement (https://github.com/in-toto/attestation, v1) as an OCI artifact that refers to `subject`.
 * Its annotations say what it is a receipt of, so that a list of referrers tells whether there is one.
 */
export function makeReceipt(delivered: Delivered, subject: Descriptor): Receipt {
  const statement = blobOf(Buffer.from(JSON.stringify(statementOf(delivered))), IN_TOTO);
  const config = blobOf(EMPTY_CONFIG, EMPTY_TYPE);
  const { mediaType, digest, size } = subject;
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_IMAGE,
    artifactType: IN_TOTO,
    config: config.descriptor,
    layers: [
      {
        ...statement.descriptor,
        annotations: {
          'in-toto.io/predicate-type': RECEIPT,
          'org.opencontainers.image.title': 'receipt.intoto.json',
        },
      },
    ],
    subject: { mediaType, digest, size },
    annotations: {
      'in-toto.io/predicate-type': RECEIPT,
      'org.opencontainers.image.created': delivered.time.toISOString(),
      [DESTINATION]: delivered.destination,
      [RULE]: delivered.rule,
    },
  };
  return {
    manifest: parseManifest(Buffer.from(JSON.stringify(manifest)), OCI_IMAGE),
    blobs: [config, statement],
  };
}

/** Whether a referrer's annotations are those of a receipt for the same destination and rule. */
export function isReceiptOf(
  { destination, rule }: Pick<Delivered, 'destination' | 'rule'>,
  annotations: Descriptor['annotations'] = {},
): boolean {
  return annotations[DESTINATION] === destination && annotations[RULE] === rule;
}

function statementOf(delivered: Delivered): unknown {
  const { source, destination, digest, target, rule, version, time } = delivered;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: destination, digest: { [digestAlgorithm(digest)]: digestHex(digest) } }],
    predicateType: RECEIPT,
    predicate: {
      source,
      destination,
      target,
      rule,
      deliveredAt: time.toISOString(),
      deliveredBy: { name: 'registry-relay', version },
    },
  };
}

function blobOf(bytes: Uint8Array, mediaType: string): Blob {
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}
