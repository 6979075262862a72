import type { Descriptor } from '../oci/descriptor';
import type { Digest } from '../oci/digest';
import type { RegistryError } from '../oci/errors';
import type { Manifest } from '../oci/manifest';
import { formatReference } from '../oci/reference';
import type { Repository } from '../oci/repository';
import { both } from './both';
import { converge, MAX_ROUNDS } from './convergence';
import type { Copying } from './copying';
import { SourceGoneError, SourceMovingError, TagConflictError } from './errors';
import { answerOf } from './sides';

/** What a tag at the target is to follow. */
export interface TagCopy {
  /** A tag, or a digest, which never moves. */
  readonly source: string;
  readonly destinationTag: string;
  /** Never move a tag that holds something else. */
  readonly immutable: boolean;
  /** What the target's tag is to hold for a source: itself, or a part of it. */
  select(source: Manifest): Promise<Manifest>;
  /**
   * Brings what `root` needs to the target. It may give a source read that it made at its end; see
   * {@link ConvergenceSteps.prepare}.
   */
  bring(root: Manifest, situation: Situation): Promise<Digest | undefined>;
  /** Writes `root` under the target's tag. */
  push(root: Manifest, reference: string): Promise<void>;
}

export interface Situation {
  /** The target has the root, under whatever tag, and so everything below it. */
  readonly isThere: boolean;
  /** The target's tag does not exist. */
  readonly isNew: boolean;
  readonly readSource: () => Promise<Digest>;
}

export interface TagCopied {
  readonly root: Manifest;
  readonly source: Digest;
  /** False when the target's tag was right already. */
  readonly wrote: boolean;
}

/**
 * Makes a tag at the target what the source is now (design: convergence).
 *
 * @throws {SourceGoneError}, {SourceMovingError}, {TagConflictError}
 */
export async function copyTag(copying: Copying, copy: TagCopy): Promise<TagCopied> {
  const { target } = copying;
  const source = createSourceReader(copying, copy.source);
  const roots = new Map<Digest, Manifest>();
  const selected = new Map<Digest, Manifest>();
  const rootOf = (wanted: Digest): Manifest => roots.get(wanted) as Manifest;
  const readTarget = async (): Promise<Digest | undefined> =>
    (await target.headManifest(copy.destinationTag))?.digest;
  const conflict = (held: Digest, wanted: Digest, cause?: unknown): TagConflictError =>
    new TagConflictError(nameOf(target, copy.destinationTag), held, wanted, { cause });

  async function prepare(wanted: Digest, held: Digest | undefined): Promise<Digest | undefined> {
    if (copy.immutable && held !== undefined) throw conflict(held, wanted);
    const isNew = held === undefined;
    const isThere = await hasRoot(copying, wanted, isNew);
    const situation = { isThere, isNew, readSource: source.read };
    const latest = await copy.bring(rootOf(wanted), situation);
    if (!copy.immutable) return latest;
    const [now, heldNow] = await both(
      latest ? Promise.resolve(latest) : source.read(),
      readTarget(),
    );
    if (heldNow !== undefined && heldNow !== wanted) throw conflict(heldNow, wanted);
    return now;
  }

  async function writeTarget(wanted: Digest): Promise<void> {
    try {
      await copy.push(rootOf(wanted), copy.destinationTag);
      copying.caches.presence.add(target, wanted);
    } catch (error) {
      if (!isRefusedMove(answerOf(error))) throw error;
      const held = await readTarget();
      if (held === undefined) throw error;
      if (held !== wanted) throw conflict(held, wanted, error);
    }
  }

  const converged = await converge({
    readSource: source.read,
    readTarget,
    async resolve(digest) {
      const root = selected.get(digest) ?? (await copy.select(await source.manifest(digest)));
      selected.set(digest, root);
      roots.set(root.descriptor.digest, root);
      return root.descriptor.digest;
    },
    prepare,
    writeTarget,
  });
  if (!converged) throw new SourceMovingError(nameOf(copying.source, copy.source), MAX_ROUNDS);
  return { root: rootOf(converged.digest), source: converged.source, wrote: converged.wrote };
}

/**
 * Whether the target has the root under whatever tag. Where the tag is new that is unlikely, and not asked unless it was
 * seen there; where it was seen and the tag moves, a registry that has lost it meanwhile says so when the tag is written.
 */
async function hasRoot(copying: Copying, root: Digest, isNew: boolean): Promise<boolean> {
  const { caches, options, target } = copying;
  const wasSeen = caches.presence.has(target, root);
  if (isNew && !wasSeen) return false;
  if (!isNew && wasSeen && !options.repair) return true;
  const isThere = (await target.headManifest(root)) !== undefined;
  if (isThere) caches.presence.add(target, root);
  return isThere;
}

interface SourceReader {
  /** What the source's tag holds at this moment. */
  readonly read: () => Promise<Digest>;
  /** What `read` has seen. */
  manifest(digest: Digest): Promise<Manifest>;
}

/** The first read is a GET, which tells digest and bytes at once; what follows only asks for the digest. */
function createSourceReader({ source, caches }: Copying, reference: string): SourceReader {
  const seen = new Map<Digest, Manifest>();
  const isDigest = reference.includes(':');

  const get = async (tagOrDigest: string): Promise<Manifest> => {
    const manifest = await orGone(source, tagOrDigest, source.getManifest(tagOrDigest));
    seen.set(manifest.descriptor.digest, manifest);
    caches.manifests.add(source, manifest);
    return manifest;
  };

  return {
    async read() {
      const [first] = seen.keys();
      if (first === undefined) return (await get(reference)).descriptor.digest;
      if (isDigest) return first;
      const now: Descriptor | undefined = await source.headManifest(reference);
      if (!now) throw new SourceGoneError(nameOf(source, reference));
      return now.digest;
    },
    manifest: async (digest) =>
      seen.get(digest) ?? caches.manifests.get(source, digest) ?? get(digest),
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

/** Registries have no code in common for it; Artifact Registry has none at all, only words. */
export function isRefusedMove(answer: RegistryError | undefined): boolean {
  if (!answer || answer.status < 400 || answer.status >= 500) return false;
  const said = answer.entries.map(({ message, detail }) => `${message} ${detail}`).join(' ');
  return [409, 412].includes(answer.status) || /immutab/i.test(`${answer.detail} ${said}`);
}

export function nameOf({ registry, repository }: Repository, tagOrDigest: string): string {
  const separator = tagOrDigest.includes(':') ? '@' : ':';
  return `${formatReference({ registry, repository })}${separator}${tagOrDigest}`;
}
