import { all } from '../../../async/together';
import { answerOf, isNotThere, UncopyableError } from '../../../copying/errors';
import type { Descriptor } from '../../../oci/descriptor';
import type { Digest } from '../../../oci/digest';
import { isOptionalBlob, type Manifest } from '../../../oci/manifest';
import { isIndexType, isManifestType } from '../../../oci/media-types';
import { referenceTo } from '../../../oci/reference';
import { allOrAbort, type Copying } from '../copy-context';
import { checkDepth, loadManifest, missingContent, refusesUrls } from '../manifests';
import { copyBlob } from './blobs';

/** Manifests of one walk. */
const MAX_MANIFESTS = 10_000;

/** A walk over what points at what, on which everything is copied to the target: what is pointed at goes first. */
export interface Walk {
  readonly copying: Copying;
  /** Manifests that were made for this copy: the source does not have them. */
  readonly made: ReadonlyMap<Digest, Manifest>;
  /** The target seems to have nothing of it: then it pays to read from the source before the target has answered. */
  readonly isNew: boolean;
  /** False: the target has claimed to have manifests that it then missed, so that it is not asked for any. */
  readonly isTrusted: boolean;
  /** Each node is copied once, and everybody waits for the same copy. False: the target had it. */
  readonly begun: Map<Digest, Promise<boolean>>;
  /** All that was begun, once or again. */
  readonly seen: Set<Digest>;
  /** What was written, by the subject that it names, which may have to learn of it. */
  readonly written: Map<Digest, readonly Manifest[]>;
}

export interface WalkOptions {
  readonly made?: readonly Manifest[];
  readonly isNew?: boolean;
}

export function startWalk(copying: Copying, { made = [], isNew = false }: WalkOptions = {}): Walk {
  return {
    copying,
    made: new Map(made.map((manifest) => [manifest.descriptor.digest, manifest])),
    isNew,
    isTrusted: true,
    begun: new Map(),
    seen: new Set(),
    written: new Map(),
  };
}

/** Copies everything below `manifest`. */
export async function copySuccessors(walk: Walk, manifest: Manifest, depth = 0): Promise<void> {
  const blobs = manifest.blobs.toSorted((a, b) => b.size - a.size);
  await allOrAbort<unknown>(walk.copying, [
    ...blobs.map((blob) => copyBlobIfThere(walk, blob, true)),
    ...manifest.manifests.map((child) => copyNode(walk, child, depth + 1)),
  ]);
}

/** Copies what `node` names, be it a blob, and everything below it. False: the target had it already. */
export function copyNode(walk: Walk, node: Descriptor, depth = 0): Promise<boolean> {
  const known = walk.begun.get(node.digest);
  if (known) return known;
  const own = visit(walk, node, depth);
  walk.begun.set(node.digest, own);
  return own;
}

/** The same, whatever the target says that it has: it is written, and may so get into a list that lacks it. */
export function rewriteNode(walk: Walk, node: Descriptor): Promise<boolean> {
  return copyNode(distrustful(walk), node);
}

function distrustful(walk: Walk): Walk {
  return { ...walk, begun: new Map(), isTrusted: false };
}

async function visit(walk: Walk, node: Descriptor, depth: number): Promise<boolean> {
  const { source } = walk.copying;
  checkDepth(source, node, depth);
  if (walk.seen.add(node.digest).size > MAX_MANIFESTS) {
    const problem = `it belongs to more than ${MAX_MANIFESTS} manifests`;
    throw new UncopyableError(referenceTo(source, node.digest), problem);
  }
  const found = await loadIfLacking(walk, node);
  if (found === 'at the target') return false;
  if (found === 'a blob') {
    await copyBlobIfThere(walk, node, walk.isTrusted);
  } else {
    await copySuccessors(walk, found, depth);
    await pushManifest(walk, found, node.digest);
  }
  return true;
}

/** The manifest, unless the target has it: then it has everything below it, too. */
async function loadIfLacking(
  walk: Walk,
  node: Descriptor,
): Promise<Manifest | 'a blob' | 'at the target'> {
  const { signal, slots } = walk.copying;
  const asked = await slots.asking.take(node.size);
  try {
    signal.throwIfAborted();
    if (await isPlainBlob(walk, node)) return 'a blob';
    return await (walk.isTrusted ? loadUnlessThere(walk, node) : loadOrBlob(walk, node));
  } finally {
    asked();
  }
}

async function loadUnlessThere(
  walk: Walk,
  node: Descriptor,
): Promise<Manifest | 'a blob' | 'at the target'> {
  const { target } = walk.copying;
  if (walk.isNew) {
    const [found, held] = await all([loadOrBlob(walk, node), target.headManifest(node.digest)]);
    return held ? 'at the target' : found;
  }
  const held = await target.headManifest(node.digest);
  return held ? 'at the target' : loadOrBlob(walk, node);
}

/**
 * Whether the source has a blob that the index itself does not call a manifest. The media type decides which is asked for
 * first, as crane and oras do: docker-registry answers 500 where a manifest is asked for by a blob's digest.
 */
async function isPlainBlob({ copying, made }: Walk, node: Descriptor): Promise<boolean> {
  if (isManifestType(node.mediaType) || made.has(node.digest)) return false;
  return copying.source.hasBlob(node.digest);
}

/** An index may list anything: what the source does not have as a manifest may be a blob, whatever the index calls it. */
async function loadOrBlob(walk: Walk, node: Descriptor): Promise<Manifest | 'a blob'> {
  try {
    return await load(walk, node);
  } catch (error) {
    if (!isNotThere(error)) throw error;
    const isOptional = isOptionalBlob(node) && !isManifestType(node.mediaType);
    if (isOptional || (await walk.copying.source.hasBlob(node.digest))) return 'a blob';
    throw error;
  }
}

async function load({ copying, made }: Walk, descriptor: Descriptor): Promise<Manifest> {
  return made.get(descriptor.digest) ?? loadManifest(copying, descriptor);
}

/** Writes `manifest`. If the registry then misses content that it claimed to have, that is sent, and it is asked again. `beforeSend`: see {@link Repository}. */
export async function pushManifest(
  walk: Walk,
  manifest: Manifest,
  reference: string,
  beforeSend?: () => Promise<void>,
): Promise<void> {
  const { signal, tally, target } = walk.copying;
  signal.throwIfAborted();
  try {
    await target.putManifest(manifest, reference, beforeSend);
  } catch (error) {
    const answer = answerOf(error);
    if (refusesUrls(answer, manifest)) throw urlsRefused(walk.copying, reference, error);
    const missing = missingContent(answer, manifest);
    if (!missing) throw error;
    const again = distrustful(walk);
    await allOrAbort<unknown>(walk.copying, [
      ...missing.blobs.map((blob) => copyBlobIfThere(walk, blob, false)),
      ...missing.manifests.map((child) => copyNode(again, child)),
    ]);
    await target.putManifest(manifest, reference, beforeSend);
  }
  tally.manifests++;
  if (manifest.subject) {
    const { digest } = manifest.subject;
    walk.written.set(digest, [...(walk.written.get(digest) ?? []), manifest]);
  }
}

function urlsRefused({ target }: Copying, reference: string, cause: unknown): UncopyableError {
  const problem =
    'the registry takes no layers that have URLs of their own (docker-registry does where validation.manifests.urls.allow names them)';
  return new UncopyableError(referenceTo(target, reference), problem, { cause });
}

/** A layer that its publisher keeps elsewhere may be missing at the source: then it is left out, as others do. */
async function copyBlobIfThere(
  { copying, isNew }: Walk,
  blob: Descriptor,
  isTrusted: boolean,
): Promise<void> {
  try {
    await copyBlob(copying, blob, { isNew, isTrusted });
  } catch (error) {
    if (!isOptionalBlob(blob) || !isNotThere(error)) throw error;
    copying.notes.add(`the layer ${blob.digest} has its own URLs and is not at the source`);
  }
}

/** The manifests of an image that the source has: itself, its children, the children of nested indexes. */
export async function listManifests(walk: Walk, root: Manifest): Promise<readonly Digest[]> {
  const { copying, made } = walk;
  // Each once: indexes may name others again and again, in far more ways than there are manifests.
  const digests = new Set<Digest>();
  const add = async ({ descriptor, manifests }: Manifest, depth: number): Promise<void> => {
    checkDepth(copying.source, descriptor, depth);
    digests.add(descriptor.digest);
    for (const child of manifests) {
      if (digests.has(child.digest) || !isManifestType(child.mediaType)) continue;
      if (isIndexType(child.mediaType)) await add(await load(walk, child), depth + 1);
      else digests.add(child.digest);
    }
  };
  await add(root, 0);
  return [...digests].filter((digest) => !made.has(digest));
}
