import { createHash, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import type { Descriptor } from '../../oci/descriptor';
import { isDigest, digestAlgorithm, digestHex } from '../../oci/digest';
import { openEnvelope, parseEnvelope, type SignedStatement } from './bundle';
import { SIGNATURE } from '../requirement';
import { parseJson, UnreadableError } from './statement';

/** The layers that cosign 2 writes, and cosign 3 on request: the statement is the layer, and what goes with it is annotations. */
export const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
export const DSSE_ENVELOPE = 'application/vnd.dsse.envelope.v1+json';

type Annotations = NonNullable<Descriptor['annotations']>;

const PayloadSchema = z.looseObject({
  critical: z.looseObject({
    type: z.literal('cosign container image signature'),
    image: z.looseObject({ 'docker-manifest-digest': z.string().refine(isDigest) }),
    // As with cosign, a signature need not say it, and its form matters only to who asks for it.
    identity: z
      .looseObject({ 'docker-reference': z.string().catch('') })
      .catch({ 'docker-reference': '' }),
  }),
  optional: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((written) => written ?? {}),
});

/**
 * Reads a signature of https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md. The repository that it names
 * decides only where a rule asks for it.
 *
 * @throws {UnreadableError}
 */
export function readSimpleSigning(bytes: Uint8Array, annotations: Annotations): SignedStatement {
  const { data } = PayloadSchema.safeParse(parseJson(bytes));
  if (!data) throw new UnreadableError("whose payload is none of cosign's");
  const signature = annotations['dev.cosignproject.cosign/signature'] ?? '';
  if (signature === '') throw new UnreadableError('without its signature');
  const { identity, image } = data.critical;
  const digest = image['docker-manifest-digest'];
  const content = {
    messageSignature: {
      messageDigest: {
        algorithm: 'SHA2_256',
        digest: createHash('sha256').update(bytes).digest('base64'),
      },
      signature,
    },
  };
  return {
    predicateType: SIGNATURE,
    predicate: data.optional,
    madeFor: identity['docker-reference'],
    subjects: [{ digest: { [digestAlgorithm(digest)]: digestHex(digest) } }],
    message: bytes,
    signatures: [Buffer.from(signature, 'base64')],
    bundles: bundlesOf(annotations, [content]),
  };
}

/** Reads an attestation of cosign 2. @throws {UnreadableError} */
export function readAttestation(bytes: Uint8Array, annotations: Annotations): SignedStatement {
  const envelope = parseEnvelope(parseJson(bytes));
  const contents = envelope.signatures.map((signature) => ({
    dsseEnvelope: { ...envelope, signatures: [signature] },
  }));
  return { ...openEnvelope(envelope), bundles: bundlesOf(annotations, contents) };
}

const LogEntrySchema = z.looseObject({
  SignedEntryTimestamp: z.string(),
  Payload: z.looseObject({
    body: z.string(),
    integratedTime: z.int(),
    logIndex: z.int(),
    logID: z.string(),
  }),
});
const LogBodySchema = z.looseObject({ kind: z.string(), apiVersion: z.string() });
const TimestampSchema = z.looseObject({ SignedRFC3161Timestamp: z.string() });

/** The certificate, the log's entry and the timestamp of the annotations as bundles of version 0.1, which is that form's. */
function bundlesOf(annotations: Annotations, contents: readonly object[]): readonly object[] {
  const rawBytes = certificateOf(annotations['dev.sigstore.cosign/certificate']);
  if (rawBytes === undefined) return [];
  const entry = parsed(annotations['dev.sigstore.cosign/bundle'], LogEntrySchema);
  const stamp = parsed(annotations['dev.sigstore.cosign/rfc3161timestamp'], TimestampSchema);
  return contents.map((content) => ({
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      x509CertificateChain: { certificates: [{ rawBytes }] },
      tlogEntries: entry ? [logEntryOf(entry)] : [],
      timestampVerificationData: stamp && {
        rfc3161Timestamps: [{ signedTimestamp: stamp.SignedRFC3161Timestamp }],
      },
    },
    ...content,
  }));
}

function logEntryOf({ Payload, SignedEntryTimestamp }: z.output<typeof LogEntrySchema>): object {
  const body = parsed(Buffer.from(Payload.body, 'base64').toString(), LogBodySchema);
  return {
    logIndex: String(Payload.logIndex),
    logId: { keyId: Buffer.from(Payload.logID, 'hex').toString('base64') },
    kindVersion: { kind: body?.kind ?? '', version: body?.apiVersion ?? '' },
    integratedTime: String(Payload.integratedTime),
    inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    canonicalizedBody: Payload.body,
  };
}

function certificateOf(pem: string | undefined): string | undefined {
  try {
    return pem === undefined ? undefined : new X509Certificate(pem).raw.toString('base64');
  } catch {
    return undefined;
  }
}

function parsed<T extends z.ZodType>(text: string | undefined, schema: T): z.output<T> | undefined {
  try {
    return schema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}
