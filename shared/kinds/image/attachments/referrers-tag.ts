import { answerOf, SourceMovingError } from '../../../copying/errors';
import type { Descriptor } from '../../../oci/descriptor';
import type { Digest } from '../../../oci/digest';
import { fallbackTag } from '../../../oci/digest-tag';
import { parseManifest, type Manifest } from '../../../oci/manifest';
import { isIndexType, OCI_INDEX } from '../../../oci/media-types';
import { referenceTo } from '../../../oci/reference';
import type { Repository } from '../../../oci/repository';
import type { Copying } from '../copy-context';
import { isRefusedMove } from '../tag';

/** How often a fallback tag is written again because another writer has replaced it meanwhile. */
const MAX_WRITES = 5;
const PAUSE_MS = 200;

/** What listing referrers needs of a copy. */
export type Listing = Pick<
  Copying,
  'caches' | 'clock' | 'notes' | 'random' | 'signal' | 'target'
> & {
  readonly tally: Pick<Copying['tally'], 'manifests'>;
};

/** The index at the fallback tag of `subject`. `undefined`: there is none; `'other'`: something else sits at its name. */
export async function readReferrersTag(
  repository: Pick<Repository, 'getManifest'>,
  subject: Digest,
): Promise<Manifest | 'other' | undefined> {
  try {
    const manifest = await repository.getManifest(fallbackTag(subject));
    return isIndexType(manifest.descriptor.mediaType) ? manifest : 'other';
  } catch (error) {
    if (answerOf(error)?.status === 404) return undefined;
    throw error;
  }
}

/**
 * Lists `referrers` under the fallback tag of `subject` at the target (distribution-spec, "Referrers Tag Schema"). There is
 * no compare-and-swap: it reads, merges, writes, and reads again until its own are listed, so that two writers at once lose
 * nothing that either sees. Where the target has no list, that of the source (`original`) is taken as it is, if it
 * has them all. What cannot be listed is noted, and is no failure.
 */
export async function listUnderTag(
  listing: Listing,
  subject: Digest,
  referrers: readonly Descriptor[],
  original?: Manifest,
): Promise<void> {
  const { caches, clock, notes, random, signal, tally, target } = listing;
  const tag = fallbackTag(subject);
  const name = referenceTo(target, tag);
  await caches.writers.run(`referrers ${name}`, signal, async () => {
    for (let writes = 0; ; writes++) {
      const listed = await readReferrersTag(target, subject);
      if (listed === 'other') {
        notes.add(`${name} holds something that is no list of referrers: left as it is`);
        return;
      }
      const merged = mergedList(listed, referrers, original);
      if (!merged) return;
      if (writes === MAX_WRITES) throw new SourceMovingError(name, writes);
      if (writes > 0) await clock.sleep(PAUSE_MS * writes * random(), signal);
      try {
        await target.putManifest(merged, tag);
      } catch (error) {
        if (!isRefusedMove(answerOf(error))) throw error;
        notes.add(
          `the target refused to move ${name} to a longer list: the attachments are there by digest only`,
        );
        return;
      }
      tally.manifests++;
    }
  });
}

function mergedList(
  listed: Manifest | undefined,
  referrers: readonly Descriptor[],
  original: Manifest | undefined,
): Manifest | undefined {
  if (!listed && original && !mergeReferrers(original.manifests, referrers)) return original;
  const merged = mergeReferrers(listed?.manifests ?? [], referrers);
  return merged && parseManifest(merged, OCI_INDEX);
}

/** The descriptor by which a referrer is listed: with its artifact type and annotations, which clients filter by. */
export function referrerDescriptor(
  referrer: Pick<Manifest, 'descriptor' | 'artifactType' | 'annotations'>,
): Descriptor {
  const { mediaType, digest, size } = referrer.descriptor;
  const { artifactType, annotations } = referrer;
  return {
    mediaType,
    digest,
    size,
    artifactType,
    annotations,
  };
}

/** Whether an index lists all of `referrers`, each with the artifact type and annotations that it should have. */
export function listsAll(index: Manifest, referrers: readonly Descriptor[]): boolean {
  const essence = (one: Descriptor | undefined): string =>
    JSON.stringify([one?.artifactType, Object.entries(one?.annotations ?? {}).sort()]);
  const listed = new Map(index.manifests.map((one) => [one.digest, one]));
  return referrers.every((one) => essence(listed.get(one.digest)) === essence(one));
}

/**
 * The bytes of a fallback index that lists what is `listed` already and `added`, each once, in the order of their digests:
 * two writers that add the same make the same bytes. `undefined`: there is nothing to add.
 */
export function mergeReferrers(
  listed: readonly Descriptor[],
  added: readonly Descriptor[],
): Uint8Array | undefined {
  const known = new Set(listed.map(({ digest }) => digest));
  if (added.every(({ digest }) => known.has(digest))) return undefined;
  const byDigest = new Map([...listed, ...added].map((one) => [one.digest, one]));
  const manifests = [...byDigest.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
}
