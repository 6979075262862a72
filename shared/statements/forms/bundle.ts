import * as z from 'zod';
import { EnvelopeSchema, openEnvelope } from './dsse';
import type { SignedStatement } from './signed';
import { boundedArray, parseJson, UnreadableError } from './statement';

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
