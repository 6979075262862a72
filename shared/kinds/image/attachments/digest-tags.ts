import type { Digest } from '../../../oci/digest';
import { fallbackTag, groupDigestTags } from '../../../oci/digest-tag';
import { formatReference } from '../../../oci/reference';
import { askTwice } from '../../../copying/convergence';
import { all } from '../../../async/together';
import type { Copying } from '../copy-context';
import { answerOf } from '../../../copying/errors';

/** Statuses with which registries refuse to list tags. */
const NO_TAG_LIST = [401, 403, 404, 405];
/** What cosign adds to the name of a digest. */
const COSIGN = ['.sig', '.att', '.sbom'];

/** The source's tags that belong to a digest: its fallback tag, and all that begin with that and a dot. */
export type DigestTags = (subject: Digest) => Promise<readonly string[]>;

/** Lists the source's tags. Where they cannot be listed each that is likely is asked for, and a note says so. */
export async function readDigestTags({ notes, source }: Copying): Promise<DigestTags> {
  try {
    const tagged = groupDigestTags(
      (await askTwice(() => source.listTags(), isRefused)).map((tag) => ({ tag })),
    );
    return (subject) =>
      Promise.resolve((tagged.get(fallbackTag(subject)) ?? []).map(({ tag }) => tag));
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
  const { registry, repository } = source;
  notes.add(
    `the tags of ${formatReference({ registry, repository })} cannot be listed: of those that belong to a digest only ${COSIGN.join(', ')} are looked for`,
  );
  return async (subject) => {
    const likely = ['', ...COSIGN].map((kind) => `${fallbackTag(subject)}${kind}`);
    const held = await all(likely.map((tag) => source.headManifest(tag)));
    return likely.filter((_, index) => held[index] !== undefined);
  };
}

function isRefused(error: unknown): boolean {
  return NO_TAG_LIST.includes(answerOf(error)?.status ?? 0);
}
