import { all } from '../../async/together';
import { TagConflictError } from '../../copying/errors';
import type { Digest } from '../../oci/digest';
import type { Manifest } from '../../oci/manifest';
import { isManifestType } from '../../oci/media-types';
import { referenceTo } from '../../oci/reference';
import {
  copyAttachments,
  listWritten,
  NOTHING_ATTACHED,
  type CopiedAttachments,
  readDigestTags,
  findAttached,
  isAnyAttached,
} from './attachments/attachments';
import {
  copyNode,
  copySuccessors,
  listManifests,
  pushManifest,
  startWalk,
  type Walk,
} from './content/walk';
import { allOrAbort, type Copying } from './copy-context';
import type { Version } from './platforms/selection';
import { hasManifest, readSourceTag, readTargetTag, type TargetTag } from './tag';

/** @throws {TagConflictError} where tags are not moved and the target's holds something else than `wanted`. */
export function refuseToMove(
  { options, target }: Copying,
  tag: string,
  { held }: TargetTag,
  wanted: Digest,
): void {
  if (!options.immutable || held === undefined || held === wanted) return;
  throw new TagConflictError(referenceTo(target, tag), held, wanted);
}

/** Copies blobs, then the manifests that point at them. */
export async function copyContent(
  walk: Walk,
  { root, source }: Version,
  target: TargetTag,
): Promise<void> {
  const { copying } = walk;
  const { digest } = root.descriptor;
  const isSame = isSameRepository(copying);
  const isThere = (isSame && root === source) || (await hasManifest(copying, digest, target));
  if (!isThere && !isSame) await copySuccessors(walk, root);
  // Else the tag travels in the only PUT of the root.
  const isPushedByDigest = copying.options.attachments ? !isThere : root.subject !== undefined;
  if (isPushedByDigest) await pushManifest(walk, root, digest);
}

function isSameRepository({ source, target }: Copying): boolean {
  return source.registry === target.registry && source.repository === target.repository;
}

/** What was copied before the tag. */
export interface BeforeTag {
  readonly attached: CopiedAttachments;
  /** What the source's tag held when nothing was left to do but to write the target's. */
  readonly latest?: Manifest;
}

/**
 * Copies what is attached. Attachments are listed once all manifests are at the target by digest: one that is pushed earlier
 * is in the list, one that is pushed later finds its subject there when its own event comes.
 */
export async function copyAttached(
  walk: Walk,
  version: Version,
  sourceTag: string,
): Promise<BeforeTag> {
  const { copying } = walk;
  if (!copying.options.attachments) {
    await listWritten(walk, NOTHING_ATTACHED);
    return { attached: NOTHING_ATTACHED };
  }
  const subjects = await listManifests(walk, version.root);
  const [attached, latest] = await all([
    copyAttachments(walk, subjects),
    readSourceTag(copying, sourceTag, version.source),
  ]);
  await listWritten(walk, attached);
  await noteNotCarried(copying, version, attached);
  return attached.isAny ? { attached } : { attached, latest };
}

/** Notes that signatures of the whole index are not carried: they do not fit a part of it. */
async function noteNotCarried(
  copying: Copying,
  { root, source }: Version,
  attached: CopiedAttachments,
): Promise<void> {
  const whole = source.descriptor.digest;
  if (root.descriptor.digest === whole) return;
  const digestTags = attached.digestTags ?? readDigestTags(copying);
  if (!isAnyAttached(await findAttached(copying, whole, digestTags))) return;
  copying.notes.add(
    `what is attached to the whole index ${whole} is not carried: only some platforms are copied`,
  );
}

/**
 * What the source's tag holds just before the target's is written: `latest`, if it is that already.
 *
 * @throws {TagConflictError} where tags are not moved and the target's has got another digest meanwhile.
 */
export async function lookAgain(
  copying: Copying,
  tags: { readonly source: string; readonly target: string },
  version: Version,
  latest?: Manifest,
): Promise<Manifest> {
  const source = latest ?? readSourceTag(copying, tags.source, version.source);
  if (!copying.options.immutable) return source;
  const [now, target] = await all([Promise.resolve(source), readTargetTag(copying, tags.target)]);
  refuseToMove(copying, tags.target, target, version.root.descriptor.digest);
  return now;
}

/**
 * Looks for the children of an index whose tag has just been written, and which this copy has not sent: from now on the tag
 * keeps them, but a registry that takes content away with its last tag may have done so since it said that it has them.
 */
export async function copyWhatWentAway(
  { begun, copying }: Walk,
  version: Version,
  attached: CopiedAttachments,
): Promise<CopiedAttachments> {
  if (isSameRepository(copying)) return attached;
  const { manifests } = version.root;
  const sent = await all(manifests.map(async ({ digest }) => begun.get(digest)));
  const claimed = manifests.filter((child, at) => isManifestType(child.mediaType) && !sent[at]);
  const held = await allOrAbort(
    copying,
    claimed.map(({ digest }) => copying.target.headManifest(digest)),
  );
  return held.includes(undefined) ? copyWhatIsMissing(copying, version) : attached;
}

/** Copies what the target lacks although its tag is right. */
export async function copyWhatIsMissing(
  copying: Copying,
  version: Version,
): Promise<CopiedAttachments> {
  const { made, root } = version;
  const walk = startWalk(copying, { made });
  await allOrAbort(
    copying,
    root.manifests.map((child) => copyNode(walk, child)),
  );
  const attached = copying.options.attachments
    ? await copyAttachments(walk, await listManifests(walk, root))
    : NOTHING_ATTACHED;
  await listWritten(walk, attached);
  return attached;
}
