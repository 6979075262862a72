import { formatReference } from '../../../shared/oci/reference';
import type { Digest } from '../../../shared/oci/digest';

/** What Artifact Registry publishes on the `gcr` topic (doc: artifact-registry/docs/configure-notifications). */
export type GcrMessage =
  | { readonly action: 'INSERT'; readonly digest: string; readonly tag?: string }
  | { readonly action: 'DELETE'; readonly digest: string }
  | { readonly action: 'DELETE'; readonly tag: string };

/** One message for each tag; for a push by digest alone, one without a tag. */
export function pushed(
  registry: string,
  repository: string,
  digest: Digest,
  tags: readonly string[],
): GcrMessage[] {
  const image = formatReference({ registry, repository, digest });
  if (tags.length === 0) return [{ action: 'INSERT', digest: image }];
  return tags.map((tag) => ({
    action: 'INSERT',
    digest: image,
    tag: formatReference({ registry, repository, tag }),
  }));
}

export function untagged(registry: string, repository: string, tag: string): GcrMessage {
  return { action: 'DELETE', tag: formatReference({ registry, repository, tag }) };
}

export function removed(registry: string, repository: string, digest: Digest): GcrMessage {
  return { action: 'DELETE', digest: formatReference({ registry, repository, digest }) };
}
