import { all } from '../../async/together';
import { MAX_ROUNDS } from '../../copying/convergence';
import { SourceGoneError, SourceMovingError, TagConflictError } from '../../copying/errors';
import type { Digest } from '../../oci/digest';
import { referenceTo } from '../../oci/reference';
import type { TemplateCopying } from './copy-context';
import type { TemplatePackage } from './package';

/** The tag that is to follow the source's. */
export interface FollowedTag {
  readonly tag: string;
  /** Never move it where it exists with another version. */
  readonly immutable: boolean;
}

/**
 * Makes a tag at the target hold what the source's tag holds now, by the rule of {@link MAX_ROUNDS}, and returns that. An
 * upload moves the tags that it names, whatever they hold; so it carries the tag only where that is new, and is sent when
 * the tag may be written. Otherwise the version goes first, and the tag is then set by the API, which tells a new tag
 * from one that moves.
 *
 * @throws {SourceGoneError}, {SourceMovingError}, {TagConflictError}, {HeldError}
 */
export async function copyTag(copying: TemplateCopying, followed: FollowedTag): Promise<Digest> {
  const { source, target } = copying;
  const { tag, immutable } = followed;
  let [wanted, held] = await all([readSource(copying, tag), target.readTag(tag)]);
  for (let round = 0; held !== wanted; round++) {
    if (round === MAX_ROUNDS) throw new SourceMovingError(referenceTo(source, tag), MAX_ROUNDS);
    if (immutable && held !== undefined) throw conflict(target, tag, { held, wanted });

    await copying.admit(wanted, referenceTo(target, tag));
    const content = await copying.fetchMissing(wanted);
    const isCarried = content !== undefined && held === undefined && !immutable;
    if (content && !isCarried) await copying.upload(content, []);
    const latest = await readSource(copying, tag);
    if (latest === wanted) {
      const isTagged = isCarried && (await copying.upload(content, [tag]));
      if (!isTagged) await setTag(copying, followed, { held, wanted });
      held = wanted;
      wanted = await readSource(copying, tag);
    } else {
      wanted = latest;
      held = await target.readTag(tag);
    }
  }
  return wanted;
}

async function readSource({ clock, source, tally }: TemplateCopying, tag: string): Promise<Digest> {
  tally.asOf = clock.now();
  const version = await source.readTag(tag);
  if (version === undefined) throw new SourceGoneError(referenceTo(source, tag));
  return version;
}

interface Move {
  /** What the target's tag held when it was last read. */
  readonly held: Digest | undefined;
  readonly wanted: Digest;
}

async function setTag(
  { tally, target }: TemplateCopying,
  { tag, immutable }: FollowedTag,
  { held, wanted }: Move,
): Promise<void> {
  let exists = held !== undefined;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const isSet = exists ? await target.moveTag(tag, wanted) : await target.createTag(tag, wanted);
    if (isSet) {
      tally.tags += 1;
      return;
    }
    if (immutable) {
      const now = await target.readTag(tag);
      if (now === wanted) return;
      if (now !== undefined) throw conflict(target, tag, { held: now, wanted });
    }
    // Somebody else has made it, or taken it away, a moment ago.
    exists = !exists && !immutable;
  }
  throw new SourceMovingError(referenceTo(target, tag), MAX_ROUNDS);
}

function conflict(
  target: TemplatePackage,
  tag: string,
  { held, wanted }: { readonly held: Digest; readonly wanted: Digest },
): TagConflictError {
  return new TagConflictError(referenceTo(target, tag), held, wanted);
}
