import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot as TrustedRootMessage } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { InvalidSignerError, type TrustedRoot } from './signer';

/*
 * Loaded late, so that deployments without keyless signers do not pay for these libraries, which need a newer Node than
 * the rest (^22.22.2, ^24.15 or 26).
 */

/** Whom a certificate is for, as Fulcio writes it. */
export interface Identity {
  readonly issuer: string;
  /** The subject alternative name. */
  readonly subject: string;
}

const verifiers = new WeakMap<TrustedRoot, Verifier>();

/**
 * Verifies what a certified identity has signed: the signature, the certificate at the time of the log's entry or the
 * timestamp, and that entry. What was signed, and whether the identity is the right one, is for others to say.
 *
 * @throws what the library says is wrong; {@link InvalidSignerError} for a root that cannot be used.
 */
export function verifyIdentity(bundle: object, message: Uint8Array, root: TrustedRoot): Identity {
  const verifier = verifierFor(root);
  const entity = toSignedEntity(bundleFromJSON(bundle), Buffer.from(message));
  const { identity } = verifier.verify(entity);
  return {
    issuer: identity?.extensions?.issuer ?? '',
    subject: identity?.subjectAlternativeName ?? '',
  };
}

/** @throws {InvalidSignerError} for a root whose keys or certificates cannot be read. */
export function verifierFor(root: TrustedRoot): Verifier {
  const known = verifiers.get(root);
  if (known) return known;
  const verifier = createVerifier(root);
  verifiers.set(root, verifier);
  return verifier;
}

function createVerifier({ json }: TrustedRoot): Verifier {
  try {
    const material = toTrustMaterial(TrustedRootMessage.fromJSON(json));
    // An operator without a log of signatures or certificates proves times by timestamps alone.
    return new Verifier(material, {
      tlogThreshold: Math.min(material.tlogs.length, 1),
      ctlogThreshold: Math.min(material.ctlogs.length, 1),
      timestampThreshold: 1,
    });
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidSignerError(`has a key or a certificate that cannot be read: ${problem}`, {
      cause,
    });
  }
}
