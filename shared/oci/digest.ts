import { createHash, type Hash } from 'node:crypto';

/** A content digest, `algorithm:hex` (OCI image-spec, "Digests"). Only {@link parseDigest} and {@link digestOf} make one. */
export type Digest = string & { readonly __digest: unique symbol };

export type DigestAlgorithm = 'sha256' | 'sha512';

const HEX_LENGTH = { sha256: 64, sha512: 128 } as const satisfies Record<DigestAlgorithm, number>;

export function isDigest(text: string): text is Digest {
  const match = /^(sha256|sha512):([0-9a-f]+)$/.exec(text);
  return match !== null && match[2]?.length === HEX_LENGTH[match[1] as DigestAlgorithm];
}

/** @throws {TypeError} when `text` is not a lower-case sha256 or sha512 digest. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) {
    throw new TypeError(
      `${JSON.stringify(text.slice(0, 160))} is not a digest (sha256:<64 hex> or sha512:<128 hex>)`,
    );
  }
  return text;
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.slice(0, digest.indexOf(':')) as DigestAlgorithm;
}

export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return finishDigest(createHash(algorithm).update(bytes), algorithm);
}

/** Ends a running hash; for content that streams by. */
export function finishDigest(hash: Hash, algorithm: DigestAlgorithm): Digest {
  return `${algorithm}:${hash.digest('hex')}` as Digest;
}
