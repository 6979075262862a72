import { digestAlgorithm, digestHex, isDigest, type Digest } from './digest';

/**
 * A tag that belongs to a digest: distribution-spec, "Referrers Tag Schema" (`sha256-<hex>`), and what tools hang on to that
 * name: cosign `.sig`, `.att` and `.sbom`, others what they like.
 */
const DIGEST_TAG = /^((sha256|sha512)-([0-9a-f]{64}))(\..*)?$/;

/** What a digest tag is about; `isList`: it is the referrers' fallback tag. */
export interface DigestTag {
  /** `undefined`: the tag has no more than the first half of a sha512 digest. */
  readonly subject: Digest | undefined;
  readonly isList: boolean;
}

export function isDigestTag(tag: string): boolean {
  return DIGEST_TAG.test(tag);
}

export function parseDigestTag(tag: string): DigestTag | undefined {
  const [, , algorithm, hex, kind] = DIGEST_TAG.exec(tag) ?? [];
  if (algorithm === undefined) return undefined;
  const subject = `${algorithm}:${hex}`;
  return { subject: isDigest(subject) ? subject : undefined, isList: kind === undefined };
}

/** Where the referrers of `subject` are kept without a referrers API. The spec cuts the hex part to 64 characters. */
export function fallbackTag(subject: Digest): string {
  return `${digestAlgorithm(subject)}-${digestHex(subject).slice(0, 64)}`;
}

/** Those of `tagged` that have a digest tag, by the fallback tag of their subject. */
export function groupDigestTags<T extends { readonly tag: string }>(
  tagged: Iterable<T>,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of tagged) {
    const [, fallback] = DIGEST_TAG.exec(one.tag) ?? [];
    if (fallback === undefined) continue;
    const group = groups.get(fallback) ?? [];
    group.push(one);
    groups.set(fallback, group);
  }
  return groups;
}
