import type { Digest } from '../../oci/digest';
import type { RegistryError } from '../../oci/errors';
import type { Manifest } from '../../oci/manifest';
import { formatReference } from '../../oci/reference';
import type { Repository } from '../../oci/repository';
import { both } from '../../copying/both';
import { converge, MAX_ROUNDS } from '../../copying/convergence';
import type { Copying } from './copying';
import { SourceGoneError, SourceMovingError, TagConflictError } from '../../copying/errors';
import { answerOf } from '../../copying/sides';

/** What a tag at the target is to hold for what the source holds: that itself, or a part of it. */
export interface Selected {
  readonly root: Manifest;
}

/** What a tag at the target is to follow, and how. */
export interface TagCopy<S extends Selected> {
  /** A tag, or a digest, which never moves. */
  readonly source: string;
  readonly destinationTag: string;
  /** A guess at what the target's tag is to hold: where it is right, the target is asked for it a round trip earlier. */
  readonly expected?: Digest;
  /** Never move a tag that holds something else. */
  readonly immutable: boolean;
  /** Done once for each digest that the source's tag turns out to hold. */
  select(source: Manifest): Promise<S>;
  /**
   * Brings what `selected` needs to the target, anew in each round: a registry may have taken away what an earlier round
   * has brought. It may give a source read that it made at its end; see {@link ConvergenceSteps.prepare}.
   */
  bring(selected: S, situation: Situation): Promise<Digest | undefined>;
  /** Writes the root under the target's tag. */
  push(selected: S, tag: string): Promise<void>;
}

export interface Situation {
  /** The target's tag does not exist. */
  readonly isNew: boolean;
  /** Whether the target has the root, under whatever tag, and so everything below it: it is asked. */
  readonly isThere: () => Promise<boolean>;
  readonly readSource: () => Promise<Digest>;
}

export interface TagCopied<S extends Selected> {
  /** What the target's tag holds. */
  readonly selected: S;
  /** False when the target's tag was right already. */
  readonly wrote: boolean;
}

/**
 * Makes a tag at the target what the source is now (design: convergence).
 *
 * @throws {SourceGoneError}, {SourceMovingError}, {TagConflictError}
 */
export async function copyTag<S extends Selected>(
  copying: Copying,
  copy: TagCopy<S>,
): Promise<TagCopied<S>> {
  const source = createSourceTag(copying, copy.source);
  const target = createTargetTag(copying, copy);
  const selections = new Map<Digest, S>();
  const selectionOf = (root: Digest): S => selections.get(root) as S;
  const resolved = new Map<Digest, Digest>();

  async function resolve(digest: Digest): Promise<Digest> {
    const known = resolved.get(digest);
    if (known !== undefined) return known;
    const selected = await copy.select(source.manifest(digest));
    const wanted = selected.root.descriptor.digest;
    resolved.set(digest, wanted);
    selections.set(wanted, selected);
    return wanted;
  }

  async function prepare(wanted: Digest, held: Digest | undefined): Promise<Digest | undefined> {
    if (copy.immutable && held !== undefined) throw target.conflict(held, wanted);
    const latest = await copy.bring(selectionOf(wanted), {
      isNew: held === undefined,
      isThere: () => target.has(wanted),
      readSource: source.read,
    });
    if (!copy.immutable) return latest;
    const reading = latest === undefined ? source.read() : Promise.resolve(latest);
    const [now, heldNow] = await both(reading, target.read());
    if (heldNow !== undefined && heldNow !== wanted) throw target.conflict(heldNow, wanted);
    return now;
  }

  const converged = await converge({
    readSource: source.read,
    readTarget: target.read,
    resolve,
    prepare,
    writeTarget: (wanted) =>
      target.write(wanted, () => copy.push(selectionOf(wanted), copy.destinationTag)),
  });
  if (!converged) throw new SourceMovingError(nameOf(copying.source, copy.source), MAX_ROUNDS);
  return { selected: selectionOf(converged.digest), wrote: converged.wrote };
}

/** The target's tag. Each answer is the registry's own, of this moment: nothing that is remembered stands for content. */
interface TargetTag {
  readonly read: () => Promise<Digest | undefined>;
  /** Whether the target has the manifest, under whatever tag. */
  readonly has: (digest: Digest) => Promise<boolean>;
  /** @throws {TagConflictError} when the registry refuses to move the tag. */
  readonly write: (wanted: Digest, push: () => Promise<void>) => Promise<void>;
  readonly conflict: (held: Digest, wanted: Digest, cause?: unknown) => TagConflictError;
}

function createTargetTag(
  { target }: Copying,
  { destinationTag, expected }: Pick<TagCopy<Selected>, 'destinationTag' | 'expected'>,
): TargetTag {
  const look = async (tagOrDigest: string): Promise<Digest | undefined> =>
    (await target.headManifest(tagOrDigest))?.digest;
  const conflict: TargetTag['conflict'] = (held, wanted, cause) =>
    new TagConflictError(nameOf(target, destinationTag), held, wanted, { cause });
  let guess = expected;
  /** What the target said of the guess while its tag was read: used at once or never. */
  let hasGuess: boolean | undefined;

  return {
    conflict,
    async read() {
      if (guess === undefined) return look(destinationTag);
      const guessing = look(guess).then(
        (found) => found !== undefined,
        // Where it matters the target is asked again, and says why.
        () => undefined,
      );
      guess = undefined;
      const [held, isThere] = await both(look(destinationTag), guessing);
      hasGuess = isThere;
      return held;
    },
    async has(digest) {
      const known = digest === expected ? hasGuess : undefined;
      hasGuess = undefined;
      return known ?? (await look(digest)) !== undefined;
    },
    async write(wanted, push) {
      try {
        await push();
      } catch (error) {
        const answer = answerOf(error);
        if (!answer || !isConflict(answer)) throw error;
        const held = await look(destinationTag);
        if (held === wanted) return;
        if (held === undefined || !isRefusedMove(answer)) throw error;
        throw conflict(held, wanted, error);
      }
    },
  };
}

interface SourceTag {
  /** What the source's tag holds at this moment. */
  readonly read: () => Promise<Digest>;
  /** What `read` has told of. */
  readonly manifest: (digest: Digest) => Manifest;
}

/**
 * The first read is a GET, which tells digest and bytes at once; what follows only asks for the digest. A manifest is always
 * read by the tag: what a tag has held may be gone by its digest while the tag is still there.
 */
function createSourceTag({ source, caches }: Copying, reference: string): SourceTag {
  const seen = new Map<Digest, Manifest>();
  const isDigest = reference.includes(':');

  const see = (manifest: Manifest): Digest => {
    seen.set(manifest.descriptor.digest, manifest);
    caches.manifests.add(source, manifest);
    return manifest.descriptor.digest;
  };
  const get = async (): Promise<Digest> => see(await source.getManifest(reference));

  return {
    manifest: (digest) => seen.get(digest) as Manifest,
    async read() {
      const [first] = seen.keys();
      if (first === undefined) return orGone(source, reference, get());
      if (isDigest) return first;
      const now = await source.headManifest(reference);
      if (!now) throw new SourceGoneError(nameOf(source, reference));
      const known = seen.get(now.digest) ?? caches.manifests.get(source, now.digest);
      return known ? see(known) : get();
    },
  };
}

/** A 404 of a repository that can be read says that the tag or digest is gone; that of a repository stays what it is. */
export async function orGone<T>(
  source: Repository,
  tagOrDigest: string,
  reading: Promise<T>,
): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    const answer = answerOf(error);
    if (answer?.status !== 404 || answer.codes.includes('NAME_UNKNOWN')) throw error;
    throw new SourceGoneError(nameOf(source, tagOrDigest), { cause: error });
  }
}

/** Two wrote at once, or a tag may not be moved. */
function isConflict(answer: RegistryError): boolean {
  return [409, 412].includes(answer.status) || isRefusedMove(answer);
}

/** Registries have no code in common for it; Artifact Registry has none at all, only words. */
export function isRefusedMove(answer: RegistryError | undefined): boolean {
  if (!answer || answer.status < 400 || answer.status >= 500) return false;
  const said = answer.entries.map(({ message, detail }) => `${message} ${detail}`).join(' ');
  return /immutab/i.test(`${answer.detail} ${said}`);
}

export function nameOf({ registry, repository }: Repository, tagOrDigest: string): string {
  const separator = tagOrDigest.includes(':') ? '@' : ':';
  return `${formatReference({ registry, repository })}${separator}${tagOrDigest}`;
}
