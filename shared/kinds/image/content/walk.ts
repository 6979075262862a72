import type { Descriptor } from '../../../oci/descriptor';
import type { Digest } from '../../../oci/digest';
import { isOptionalBlob, parseManifest, type Manifest } from '../../../oci/manifest';
import { isManifestType } from '../../../oci/media-types';
import { copyBlob } from './blobs';
import { both } from '../../../copying/both';
import { together, type Copying } from '../copying';
import { embeddedContent } from './embedded';
import { UncopyableError } from '../../../copying/errors';
import { isIndexType } from './media-types';
import { missingContent, refusesUrls } from './missing-content';
import { answerOf, isNotThere } from '../../../copying/sides';
import { nameOf } from '../tag';

/** Indexes in indexes: real ones have two levels. */
export const MAX_DEPTH = 10;
/** Manifests of one copy. */
const MAX_MANIFESTS = 10_000;

/** A copy as a walk over what points at what: what is pointed at goes first. */
export interface Walk {
  /** The manifest that `descriptor` names, from the source. */
  readonly load: (descriptor: Descriptor) => Promise<Manifest>;
  /** Brings everything below `manifest` to the target. */
  readonly copySuccessors: (manifest: Manifest) => Promise<void>;
  /** Brings what `descriptor` names, be it a blob, and everything below it. False: the target had it already. */
  readonly copyNode: (descriptor: Descriptor) => Promise<boolean>;
  /** The same, whatever the target says that it has: it is written, and may so get into a list that lacks it. */
  readonly putNode: (descriptor: Descriptor) => Promise<void>;
  /** Writes `manifest`. If the registry then misses content that it claimed to have, that is sent, and it is asked again. */
  readonly push: (manifest: Manifest, reference: string) => Promise<void>;
  /** The manifests of an image that the source has: itself, children, children of nested indexes. */
  readonly nodesOf: (manifest: Manifest) => Promise<readonly Digest[]>;
}

/** `made` are manifests that the source does not have; they are not sought there. */
export function createWalk(copying: Copying, made: readonly Manifest[] = []): Walk {
  const own = new Map(made.map((manifest) => [manifest.descriptor.digest, manifest]));
  return walkFrom({ copying, own, begun: new Map(), seen: new Set(), trusted: true });
}

interface Scope {
  readonly copying: Copying;
  readonly own: ReadonlyMap<Digest, Manifest>;
  /** Each node is copied once, and everybody waits for the same copy. */
  readonly begun: Map<Digest, Promise<boolean>>;
  /** All that was begun, once or again. */
  readonly seen: Set<Digest>;
  /** False: the target has claimed to have content that it then missed, so that it is not asked. */
  readonly trusted: boolean;
}

function walkFrom(scope: Scope): Walk {
  return {
    load: (descriptor) => load(scope, descriptor),
    copySuccessors: (manifest) => copySuccessors(scope, manifest, 0),
    copyNode: (descriptor) => copyNode(scope, descriptor, 0),
    async putNode(descriptor) {
      await distrustful(scope).copyNode(descriptor);
    },
    push: (manifest, reference) => push(scope, manifest, reference),
    nodesOf: (manifest) => nodesOf(scope, manifest),
  };
}

/** The same walk, begun anew without a question to the target. */
function distrustful(scope: Scope): Walk {
  return walkFrom({ ...scope, begun: new Map(), trusted: false });
}

async function copySuccessors(scope: Scope, manifest: Manifest, depth: number): Promise<void> {
  const { copying } = scope;
  const blobs = manifest.blobs.toSorted((a, b) => b.size - a.size);
  await together(copying, [
    ...blobs.map((blob) => copyContent(copying, blob, true)),
    ...manifest.manifests.map((child) => copyNode(scope, child, depth + 1)),
  ]);
}

function copyNode(scope: Scope, node: Descriptor, depth: number): Promise<boolean> {
  const { begun } = scope;
  const known = begun.get(node.digest);
  if (known) return known;
  const own = visit(scope, node, depth);
  begun.set(node.digest, own);
  return own;
}

async function visit(scope: Scope, node: Descriptor, depth: number): Promise<boolean> {
  const { copying, seen } = scope;
  checkDepth(copying, node, depth);
  if (seen.add(node.digest).size > MAX_MANIFESTS) {
    throw uncopyable(copying, node, `it belongs to more than ${MAX_MANIFESTS} manifests`);
  }
  const found = await loadIfLacking(scope, node);
  if (found === 'at the target') return false;
  if (found === 'a blob') {
    await copyContent(copying, node, scope.trusted);
  } else {
    await copySuccessors(scope, found, depth);
    await push(scope, found, node.digest);
  }
  return true;
}

/** The manifest, unless the target has it: then it has everything below it, too. */
async function loadIfLacking(
  scope: Scope,
  node: Descriptor,
): Promise<Manifest | 'a blob' | 'at the target'> {
  const { signal, slots } = scope.copying;
  const asked = await slots.asking.take(node.size);
  try {
    signal.throwIfAborted();
    return await (scope.trusted ? loadUnlessThere(scope, node) : loadOrBlob(scope, node));
  } finally {
    asked();
  }
}

async function loadUnlessThere(
  scope: Scope,
  node: Descriptor,
): Promise<Manifest | 'a blob' | 'at the target'> {
  const { target, tally } = scope.copying;
  if (tally.fresh) {
    const [found, held] = await both(loadOrBlob(scope, node), target.headManifest(node.digest));
    return held ? 'at the target' : found;
  }
  const held = await target.headManifest(node.digest);
  return held ? 'at the target' : loadOrBlob(scope, node);
}

/** An index may list anything: what the source does not have as a manifest may be a blob, whatever the index calls it. */
async function loadOrBlob(scope: Scope, node: Descriptor): Promise<Manifest | 'a blob'> {
  try {
    return await load(scope, node);
  } catch (error) {
    if (!isNotThere(error)) throw error;
    if (isOptionalBlob(node) || (await scope.copying.source.hasBlob(node.digest))) return 'a blob';
    throw error;
  }
}

async function load({ copying, own }: Scope, descriptor: Descriptor): Promise<Manifest> {
  const { caches, source } = copying;
  const { digest, mediaType } = descriptor;
  const known = own.get(digest) ?? caches.manifests.get(source, digest);
  const embedded = known || !isManifestType(mediaType) ? undefined : embeddedContent(descriptor);
  const manifest =
    known ??
    (embedded ? parseManifest(embedded, mediaType, digest) : await source.getManifest(digest));
  if (!known) caches.manifests.add(source, manifest);
  const { size } = manifest.descriptor;
  if (size === descriptor.size) return manifest;
  const problem = `what points at it says that it has ${descriptor.size} bytes, and it has ${size}`;
  throw uncopyable(copying, descriptor, problem);
}

async function push(scope: Scope, manifest: Manifest, reference: string): Promise<void> {
  const { copying } = scope;
  const { signal, tally, target } = copying;
  signal.throwIfAborted();
  try {
    await target.putManifest(manifest, reference);
  } catch (error) {
    const answer = answerOf(error);
    if (refusesUrls(answer, manifest)) throw urlsRefused(copying, reference, error);
    const missing = missingContent(answer, manifest);
    if (!missing) throw error;
    const again = distrustful(scope);
    await together(copying, [
      ...missing.blobs.map((blob) => copyContent(copying, blob, false)),
      ...missing.manifests.map((child) => again.copyNode(child)),
    ]);
    await target.putManifest(manifest, reference);
  }
  tally.manifests++;
  if (manifest.subject) tally.withSubject.push(manifest);
}

function urlsRefused({ target }: Copying, reference: string, cause: unknown): UncopyableError {
  const problem =
    'the registry takes no layers that have URLs of their own (docker-registry does where validation.manifests.urls.allow names them)';
  return new UncopyableError(nameOf(target, reference), problem, { cause });
}

/** A layer that its publisher keeps elsewhere may be missing at the source: then it is left out, as others do. */
async function copyContent(copying: Copying, blob: Descriptor, trusted: boolean): Promise<void> {
  try {
    await copyBlob(copying, blob, { trusted });
  } catch (error) {
    if (!isOptionalBlob(blob) || !isNotThere(error)) throw error;
    copying.notes.add(`the layer ${blob.digest} has its own URLs and is not at the source`);
  }
}

async function nodesOf(scope: Scope, root: Manifest): Promise<Digest[]> {
  // Each once: indexes may name others again and again, in far more ways than there are manifests.
  const nodes = new Set<Digest>();
  const add = async ({ descriptor, manifests }: Manifest, depth: number): Promise<void> => {
    checkDepth(scope.copying, descriptor, depth);
    nodes.add(descriptor.digest);
    for (const child of manifests) {
      if (nodes.has(child.digest) || !isManifestType(child.mediaType)) continue;
      if (isIndexType(child.mediaType)) await add(await load(scope, child), depth + 1);
      else nodes.add(child.digest);
    }
  };
  await add(root, 0);
  return [...nodes].filter((digest) => !scope.own.has(digest));
}

function checkDepth(copying: Copying, node: Descriptor, depth: number): void {
  if (depth <= MAX_DEPTH) return;
  throw uncopyable(copying, node, `it nests indexes more than ${MAX_DEPTH} deep`);
}

function uncopyable({ source }: Copying, node: Descriptor, problem: string): UncopyableError {
  return new UncopyableError(nameOf(source, node.digest), problem);
}
