import * as z from 'zod';
import {
  boundedArray,
  parseJson,
  UnreadableError,
  IN_TOTO,
  parseStatement,
  type Statement,
} from './statement';

/** https://github.com/secure-systems-lab/dsse, "Envelope". */
const EnvelopeSchema = z.looseObject({
  payloadType: z.string(),
  payload: z.string(),
  signatures: boundedArray(z.looseObject({ sig: z.string() }), 100, 1),
});
type Envelope = z.output<typeof EnvelopeSchema>;

/** @throws {UnreadableError} */
export function parseEnvelope(json: unknown): Envelope {
  const { data } = EnvelopeSchema.safeParse(json);
  if (!data) throw new UnreadableError('that is no DSSE envelope');
  return data;
}

/** @throws {UnreadableError} */
export function openEnvelope({
  payload,
  payloadType,
  signatures,
}: Envelope): Omit<SignedStatement, 'bundles' | 'keyHint'> {
  if (payloadType !== IN_TOTO) {
    throw new UnreadableError(`whose payload is of type ${payloadType}, and not ${IN_TOTO}`);
  }
  const body = Buffer.from(payload, 'base64');
  return {
    ...parseStatement(body),
    message: preAuthEncode(payloadType, body),
    signatures: signatures.map(({ sig }) => Buffer.from(sig, 'base64')),
  };
}

/** DSSE's PAE: the signed bytes separate type and body, so that neither can be taken for the other. */
export function preAuthEncode(payloadType: string, body: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType);
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${body.length} `),
    body,
  ]);
}

/** A statement with the signatures over it, none of which is verified yet. */
export interface SignedStatement extends Statement {
  /** The `docker-reference` of cosign's old signatures: the image that the signer named, with or without a tag. */
  readonly madeFor?: string;
  /** The bytes that were signed. */
  readonly message: Uint8Array;
  /** One that verifies is enough. */
  readonly signatures: readonly Uint8Array[];
  /** The fingerprint of the key that is said to have signed it: for people, never believed. */
  readonly keyHint?: string;
  /**
   * Where there is a certificate, a Sigstore bundle in its JSON form for each signature, by which the identity is
   * verified.
   */
  readonly bundles: readonly object[];
}

/** Sigstore's bundles, in all versions (protobuf-specs `sigstore_bundle.proto`). */
const BUNDLE =
  /^application\/vnd\.dev\.sigstore\.bundle(\.v\d+\.\d+)?\+json(;\s*version=\d+\.\d+)?$/;

export function isBundleType(mediaType: string): boolean {
  return BUNDLE.test(mediaType);
}

/** Entries in logs, and timestamps. */
const MAX_WITNESSES = 10;

const BundleSchema = z.looseObject({
  mediaType: z.string().regex(BUNDLE),
  verificationMaterial: z.looseObject({
    publicKey: z.looseObject({ hint: z.string().optional() }).optional(),
    certificate: z.unknown().optional(),
    x509CertificateChain: z.unknown().optional(),
    // Few, since each is verified.
    tlogEntries: boundedArray(z.unknown(), MAX_WITNESSES).optional(),
    timestampVerificationData: z
      .looseObject({ rfc3161Timestamps: boundedArray(z.unknown(), MAX_WITNESSES).optional() })
      .optional(),
  }),
  dsseEnvelope: EnvelopeSchema.optional(),
  messageSignature: z.unknown().optional(),
});

/** Reads what cosign 3 attaches. @throws {UnreadableError} */
export function readBundle(bytes: Uint8Array): SignedStatement {
  const { data } = BundleSchema.safeParse(parseJson(bytes));
  if (!data) throw new UnreadableError('that is no Sigstore bundle');
  const { dsseEnvelope: envelope, messageSignature, verificationMaterial: material } = data;
  if (!envelope) {
    throw new UnreadableError(
      messageSignature === undefined
        ? 'that holds no envelope'
        : 'that signs a file, and states nothing of an image',
    );
  }
  const isCertified = Boolean(material.certificate ?? material.x509CertificateChain);
  const keyHint = fingerprintOf(material.publicKey?.hint);
  return {
    ...openEnvelope(envelope),
    keyHint,
    // The library takes bundles of one signature.
    bundles: isCertified
      ? envelope.signatures.map((signature) => ({
          ...data,
          // A signature over a file, which it may have as well, is not looked at.
          messageSignature: undefined,
          dsseEnvelope: { ...envelope, signatures: [signature] },
        }))
      : [],
  };
}

/** By custom, a key's hint is the base64 of its fingerprint. */
function fingerprintOf(hint: string | undefined): string | undefined {
  const bytes = Buffer.from(hint ?? '', 'base64');
  return bytes.length === 32 ? bytes.toString('hex') : undefined;
}
