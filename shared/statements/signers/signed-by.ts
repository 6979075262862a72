import { verify, type KeyObject } from 'node:crypto';
import type { SignedStatement } from '../forms/bundle';
import type { Identity } from './keyless';
import { InvalidSignerError, type KeylessSigner, type Signer, type TrustedRoot } from './signer';

/** Which of some signers a statement is by. */
export interface SignedBy {
  readonly signers: ReadonlySet<Signer>;
  /** The other possible signers; follows the statement in a sentence: `by key 3fe1…, not an accepted signer`. */
  readonly instead: string;
}

/** Verifies the signatures over a statement. What it says is not looked at. */
export async function findSigners(
  signed: SignedStatement,
  asked: ReadonlySet<Signer>,
): Promise<SignedBy> {
  const signers = new Set<Signer>();
  const keyless: KeylessSigner[] = [];
  for (const signer of asked) {
    if (signer.kind === 'keyless') keyless.push(signer);
    else if (signer.keys.some(({ key }) => isSignedBy(key, signed))) signers.add(signer);
  }
  if (keyless.length === 0 || signed.bundles.length === 0) {
    return { signers, instead: unknownKey(signed, asked) };
  }
  const { identities, problem } = await findIdentities(signed, keyless);
  for (const signer of keyless) {
    const found = identities.get(signer.trustedRoot) ?? [];
    if (found.some((one) => isIdentity(signer, one))) signers.add(signer);
  }
  const [other] = [...identities.values()].flat();
  const instead = other
    ? `by ${other.subject} (${other.issuer}), not an accepted signer`
    : `by a certificate that proves nothing: ${problem}`;
  return { signers, instead };
}

function isIdentity({ identity, issuer }: KeylessSigner, one: Identity): boolean {
  return one.issuer === issuer && identity.matches(one.subject);
}

async function findIdentities(
  { bundles, message }: SignedStatement,
  keyless: readonly KeylessSigner[],
): Promise<{ identities: Map<TrustedRoot, Identity[]>; problem: string }> {
  const { verifyIdentity } = await import('./keyless.js');
  const identities = new Map<TrustedRoot, Identity[]>();
  let problem = '';
  for (const root of new Set(keyless.map(({ trustedRoot }) => trustedRoot))) {
    for (const bundle of bundles) {
      try {
        const found = identities.get(root) ?? [];
        identities.set(root, [...found, verifyIdentity(bundle, message, root)]);
      } catch (error) {
        if (error instanceof InvalidSignerError) throw error;
        problem = error instanceof Error ? error.message : String(error);
      }
    }
  }
  return { identities, problem };
}

function unknownKey({ bundles, keyHint }: SignedStatement, asked: ReadonlySet<Signer>): string {
  if (bundles.length > 0) return 'by a certified identity, where a key is asked for';
  if (keyHint === undefined) return 'by a key that is not an accepted signer';
  const named = [...asked].find(
    (one) => one.kind === 'key' && one.keys.some(({ fingerprint }) => fingerprint === keyHint),
  );
  return named
    ? `that names the key of ${named.name}, which has not signed it`
    : `by key ${keyHint.slice(0, 12)}…, not an accepted signer`;
}

/** Whether one of the signatures over a statement is this key's. */
export function isSignedBy(
  key: KeyObject,
  { message, signatures }: Pick<SignedStatement, 'message' | 'signatures'>,
): boolean {
  return hashesOf(key).some((hash) =>
    signatures.some((signature) => verifies(hash, message, key, signature)),
  );
}

/**
 * The first is what fits the key; the others are what older tools, and keys that are kept in an HSM, sign with. All are safe.
 * Ed25519 signs the message itself. EC signatures are ASN.1, those of RSA PKCS#1 v1.5.
 */
function hashesOf({ asymmetricKeyDetails, asymmetricKeyType }: KeyObject): (string | null)[] {
  if (asymmetricKeyType === 'ed25519') return [null];
  const { namedCurve } = asymmetricKeyDetails ?? {};
  if (namedCurve === 'secp384r1') return ['sha384', 'sha256'];
  if (namedCurve === 'secp521r1') return ['sha512', 'sha256'];
  return namedCurve === 'prime256v1' ? ['sha256'] : ['sha256', 'sha512', 'sha384'];
}

function verifies(
  hash: string | null,
  message: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
): boolean {
  try {
    return verify(hash, message, key, signature);
  } catch {
    // What does not have the form of a signature is none.
    return false;
  }
}
