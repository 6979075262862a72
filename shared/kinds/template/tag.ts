import { converge, MAX_ROUNDS } from '../../copying/convergence';
import { SourceGoneError, SourceMovingError, TagConflictError } from '../../copying/errors';
import type { Digest } from '../../oci/digest';
import { nameOf, type TemplateCopying } from './copying';
import type { TemplateContent, TemplatePackage } from './package';

/** The tag that is to follow the source's. */
export interface FollowedTag {
  readonly tag: string;
  /** Never move it where it exists with another version. */
  readonly immutable: boolean;
}

/**
 * Makes a tag at the target hold what the source's tag holds now (design: convergence), and gives what that is. An upload
 * moves the tags that it names, wherever they are; it carries the tag therefore only where that is new, and goes out when
 * the tag may be written. Else the version comes first, and its tag by the API, which tells a new tag from one that moves.
 *
 * @throws {SourceGoneError}, {SourceMovingError}, {TagConflictError}
 */
export async function copyTag(copying: TemplateCopying, followed: FollowedTag): Promise<Digest> {
  const { source, target } = copying;
  const { tag, immutable } = followed;
  let held: Digest | undefined;
  let fetched: TemplateContent | undefined;

  const converged = await converge({
    async readSource() {
      const now = await source.readTag(tag);
      if (now === undefined) throw new SourceGoneError(nameOf(source, tag));
      return now;
    },
    readTarget: async () => (held = await target.readTag(tag)),
    resolve: (version) => Promise.resolve(version),
    async prepare(wanted) {
      if (immutable && held !== undefined) throw conflict(target, tag, { held, wanted });
      fetched = await copying.fetchMissing(wanted);
      const isCarried = held === undefined && !immutable;
      if (fetched === undefined || isCarried) return undefined;
      await copying.upload(fetched, []);
      fetched = undefined;
      return undefined;
    },
    async writeTarget(wanted) {
      const isTagged = fetched !== undefined && (await copying.upload(fetched, [tag]));
      if (!isTagged) await setTag(copying, followed, { held, wanted });
      [held, fetched] = [wanted, undefined];
    },
  });
  if (!converged) throw new SourceMovingError(nameOf(source, tag), MAX_ROUNDS);
  return converged.digest;
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
  throw new SourceMovingError(nameOf(target, tag), MAX_ROUNDS);
}

function conflict(
  target: TemplatePackage,
  tag: string,
  { held, wanted }: { readonly held: Digest; readonly wanted: Digest },
): TagConflictError {
  return new TagConflictError(nameOf(target, tag), held, wanted);
}
