import { verify } from 'node:crypto';
import { preAuthEncode } from '../forms/bundle';
import { IN_TOTO } from '../forms/statement';
import { keyHint, UnusableKeyError, type SigningKey } from './signing-key';

/** https://github.com/sigstore/protobuf-specs, sigstore_bundle.proto */
export const SIGSTORE_BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/**
 * Signs an in-toto statement as `cosign attest --key` does: a DSSE envelope in a Sigstore bundle, as JSON, which "cosign
 * verify-attestation --key" verifies without any log. The result has been verified with the public key.
 *
 * @throws {UnusableKeyError} for a signature that does not fit the public key, and what `key` throws.
 */
export async function signStatement(
  statement: unknown,
  key: SigningKey,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const payload = Buffer.from(JSON.stringify(statement));
  const signed = preAuthEncode(IN_TOTO, payload);
  const publicKey = await key.publicKey(signal);
  const signature = await key.sign(signed, signal);
  if (!verify('sha256', signed, publicKey, signature)) {
    throw new UnusableKeyError(
      'what was signed does not verify with the public key that belongs to it: nothing is written',
    );
  }
  const bundle = {
    mediaType: SIGSTORE_BUNDLE,
    verificationMaterial: { publicKey: { hint: keyHint(publicKey) } },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: IN_TOTO,
      signatures: [{ sig: Buffer.from(signature).toString('base64') }],
    },
  };
  return Buffer.from(JSON.stringify(bundle));
}
