import { all } from '../../async/together';
import { type ArtifactOutcome, sourceReference } from '../../copying/attempt';
import { MAX_ROUNDS } from '../../copying/convergence';
import {
  CopyAbortedError,
  SourceGoneError,
  SourceMovingError,
  TagConflictError,
} from '../../copying/errors';
import type { Digest } from '../../oci/digest';
import type { Traffic } from '../../oci/http/traffic';
import { referenceTo } from '../../oci/reference';
import type { Clock } from '../../system/clock';
import {
  startCopying,
  type ImageOptions,
  type TemplateCaches,
  type TemplateCopying,
} from './copy-context';
import type { TemplatePackage } from './package';

/** Which template to copy, and where to. */
interface TemplateCopyRequest {
  /** Both sides are opened for this copy alone: with its `traffic` and its `signal`. */
  readonly source: TemplatePackage;
  readonly target: TemplatePackage;
  /** The tag to follow, which keeps its name. What it holds is copied, whatever `digest` says. */
  readonly tag?: string;
  /** The version to copy where there is no tag. */
  readonly digest?: Digest;
  readonly options: TemplateCopyOptions;
  readonly caches: TemplateCaches;
  readonly traffic: Traffic;
  /** Ends the copy; the same that both sides were opened with. */
  readonly signal?: AbortSignal;
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
}

export interface TemplateCopyOptions {
  /** Refuse to move a tag that exists at the target with another version. */
  readonly immutable: boolean;
  /** Left out: the template is not searched for images. */
  readonly images?: ImageOptions;
}

/** What the copy of a template has done. */
export interface TemplateOutcome extends ArtifactOutcome {
  /** The version that the destination holds now. */
  readonly digest: Digest;
}

/**
 * Copies a pipeline template from one package to another of the same name: its bytes, verified on both sides, with what
 * is said about them, then the tag. Nothing is uploaded that the target has. Safe to repeat, and to run several times at
 * once. Where its images are renamed the target has other bytes, and so another version, which the source's bytes and the
 * rules alone decide.
 *
 * Requests when all is new: 3 reads of the source's tag, one of the target's, one for the version at each side, a
 * download, an upload that carries the tag. When all is there: one read of the tag on each side. Where images are
 * renamed, one more download each time, because only the bytes show what is wanted, and, for what the target lacks, one
 * request for each image.
 *
 * @throws {CopyError} with the failed request; {TagConflictError}, {UncopyableError}: a repetition does not help; {HeldError}
 * while the target lacks an image; {SourceGoneError}, {SourceMovingError}; {CopyAbortedError} when `signal` ended it. Nothing
 * is under way any more when it throws.
 */
export async function copyTemplate(request: TemplateCopyRequest): Promise<TemplateOutcome> {
  const { caches, clock, signal = new AbortController().signal, traffic } = request;
  const started = clock.monotonic();
  const copying = startCopying({ ...request, ...request.options, signal });
  const { tally, target } = copying;
  const destination = referenceTo(target, sourceReference(request));
  try {
    const { tag } = request;
    const digest =
      tag === undefined
        ? await copyVersion(copying, request)
        : await caches.writers.run(destination, signal, () =>
            copyTag(copying, { tag, ...request.options }),
          );
    return {
      outcome: tally.uploads + tally.tags > 0 ? 'copied' : 'current',
      digest,
      asOf: tally.asOf,
      destination,
      bytes: traffic.bytesWritten,
      requests: traffic.requests,
      seconds: (clock.monotonic() - started) / 1000,
      notes: copying.notesOn(digest),
    };
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new CopyAbortedError(destination, tally.uploads, signal.reason);
  }
}

async function copyVersion(
  copying: TemplateCopying,
  { digest }: TemplateCopyRequest,
): Promise<Digest> {
  if (digest === undefined) throw new TypeError('a copy needs a tag or a digest at its source');
  const version = await copying.versionFor(digest);
  await copying.admit(version, referenceTo(copying.target, version));
  const missing = await copying.fetchMissing(version);
  if (missing) await copying.upload(missing, []);
  return version;
}

/** The tag that is to follow the source's. */
interface FollowedTag {
  readonly tag: string;
  /** Never move it where it exists with another version. */
  readonly immutable: boolean;
}

/**
 * Makes a tag at the target hold what the source's tag holds now, by the rule of {@link MAX_ROUNDS}, and returns that. An
 * upload moves the tags that it names, whatever they hold; so it carries the tag only where that is new, and is sent when
 * the tag may be written. Otherwise the version goes first, and the tag is then set by the API, which distinguishes a new tag
 * from one that moves.
 *
 * @throws {SourceGoneError}, {SourceMovingError}, {TagConflictError}, {HeldError}
 */
async function copyTag(copying: TemplateCopying, followed: FollowedTag): Promise<Digest> {
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
    // Another writer has made it, or deleted it, a moment ago.
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
