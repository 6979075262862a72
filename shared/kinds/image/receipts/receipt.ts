import type { Descriptor } from '../../../oci/descriptor';
import type { Digest } from '../../../oci/digest';
import {
  makeArtifact,
  makeBundleArtifact,
  type Artifact,
  statementOf,
  type Claim,
} from '../../../statements/signing/artifact';
import type { ReleasedOn } from '../gate';
import { PREDICATE_TYPE } from '../../../statements/relay-statement';
import { SIGSTORE_BUNDLE, signStatement } from '../../../statements/signing/sign';
import { IN_TOTO } from '../../../statements/forms/statement';
import type { SigningKey } from '../../../statements/signing/signing-key';

/** What our statements say; docs/signatures.md, "Receipts", has its fields. */
export const RECEIPT = 'https://registry-relay.dev/receipt/v1';

const DESTINATION = 'dev.registry-relay.receipt.destination';
const RULE = 'dev.registry-relay.receipt.rule';

/** One release at one target, as its receipt tells it. */
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
 * Sigstore bundle, else the statement itself. Its annotations say what it is a receipt of, so that a list of referrers tells
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
