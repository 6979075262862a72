import { all } from '../../async/together';
import { answerOf, SourceGoneError, TagConflictError } from '../../copying/errors';
import type { Digest } from '../../oci/digest';
import type { RegistryError } from '../../oci/http/errors';
import type { Manifest } from '../../oci/manifest';
import { referenceTo } from '../../oci/reference';
import { pushManifest, type Walk } from './content/walk';
import type { Copying } from './copy-context';
import { orGone } from './sides';

/**
 * What the source's tag (or digest) holds at this moment. The first read is a GET, which returns digest and bytes at once;
 * those that follow are given what was read last, and ask for the digest alone. A manifest is always read by the tag: what
 * a tag holds may be gone by its digest while the tag is still there.
 *
 * @throws {SourceGoneError}
 */
export async function readSourceTag(
  { source, caches, clock, tally }: Copying,
  tagOrDigest: string,
  last?: Manifest,
): Promise<Manifest> {
  tally.asOf = clock.now();
  const get = async (): Promise<Manifest> => {
    const manifest = await source.getManifest(tagOrDigest);
    caches.manifests.add(source, manifest);
    return manifest;
  };
  if (!last) return orGone(source, tagOrDigest, get());
  const isDigest = tagOrDigest.includes(':');
  if (isDigest) return last;
  const now = await source.headManifest(tagOrDigest);
  if (!now) throw new SourceGoneError(referenceTo(source, tagOrDigest));
  if (now.digest === last.descriptor.digest) return last;
  return caches.manifests.get(source, now.digest) ?? get();
}

/** What the target has said of a tag. */
export interface TargetTag {
  /** The digest that it holds. */
  readonly held: Digest | undefined;
  /** What it said, at the same time, of a digest that the tag was likely to get. */
  readonly guess?: { readonly digest: Digest; readonly isThere: boolean };
}

/** What the target's tag holds at this moment. A right `guess` spares the round trip of {@link hasManifest}. */
export async function readTargetTag(
  { target }: Copying,
  tag: string,
  guess?: Digest,
): Promise<TargetTag> {
  const reading = target.headManifest(tag);
  if (guess === undefined) return { held: (await reading)?.digest };
  // Where the answer matters the target is asked again, and says why it has none.
  const guessing = target.headManifest(guess).catch(() => 'no answer' as const);
  const [now, found] = await all([reading, guessing]);
  const held = now?.digest;
  if (found === 'no answer') return { held };
  return { held, guess: { digest: guess, isThere: found !== undefined } };
}

/** Whether the target has a manifest, under whatever tag, and so everything below it. */
export async function hasManifest(
  { target }: Copying,
  digest: Digest,
  { guess }: Pick<TargetTag, 'guess'>,
): Promise<boolean> {
  if (guess?.digest === digest) return guess.isThere;
  return (await target.headManifest(digest)) !== undefined;
}

/**
 * Writes `root`, all of whose content is at the target, under the target's tag.
 *
 * @throws {TagConflictError} when the registry refuses to move the tag, and what `beforeSend` throws, which is called before
 * each attempt.
 */
export async function writeTag(
  walk: Walk,
  root: Manifest,
  tag: string,
  beforeSend?: () => Promise<void>,
): Promise<void> {
  const { target } = walk.copying;
  const wanted = root.descriptor.digest;
  try {
    await pushManifest(walk, root, tag, beforeSend);
  } catch (error) {
    const answer = answerOf(error);
    if (!answer || !isConflict(answer)) throw error;
    const held = (await target.headManifest(tag))?.digest;
    if (held === wanted) return;
    if (held === undefined || !isRefusedMove(answer)) throw error;
    throw new TagConflictError(referenceTo(target, tag), held, wanted, { cause: error });
  }
}

/** Two wrote at once, or a tag may not be moved. */
function isConflict(answer: RegistryError): boolean {
  return [409, 412].includes(answer.status) || isRefusedMove(answer);
}

/** Whether a registry means that the tag may not be moved: they have no code in common for it, and some have only words. */
export function isRefusedMove(answer: RegistryError | undefined): boolean {
  if (!answer || answer.status < 400 || answer.status >= 500) return false;
  const said = answer.entries.map(({ message, detail }) => `${message} ${detail}`).join(' ');
  return /immutab/i.test(`${answer.detail} ${said}`);
}
