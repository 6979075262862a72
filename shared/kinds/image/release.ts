import type { Digest } from '../../oci/digest';
import { parseManifest, type Manifest } from '../../oci/manifest';
import { formatPlatform } from '../../oci/platform';
import { createAttachments, type Attachments } from './attachments/attachments';
import { both } from '../../copying/both';
import { together, type Copying } from './copying';
import { UncopyableError } from '../../copying/errors';
import { readPlatform } from './platforms/image-platform';
import { selectPlatforms, type Selection } from './platforms/selection';
import { copyTag, nameOf, type Situation, type TagCopy } from './tag';
import type { Expected } from './verification';
import { createWalk } from './content/walk';

export interface Release {
  /** What the destination's tag holds now. */
  readonly digest: Digest;
  readonly expected: Expected;
}

/** What all rounds of a release together have brought or looked at. */
interface Brought extends Expected {
  readonly nodes: Set<Digest>;
  readonly referrers: Map<Digest, readonly Digest[]>;
}

/** What the target's tag is to hold for one version of an image; a tag that moves while it is copied has several. */
interface Version extends Selection {
  readonly source: Manifest;
}

/** Copies what the source's tag (or digest) holds to the target's tag: content, then attachments, then the tag. */
export async function copyRelease(
  copying: Copying,
  names: Pick<TagCopy<Version>, 'source' | 'destinationTag' | 'expected'>,
): Promise<Release> {
  const { immutable, repair } = copying.options;
  const brought: Brought = { nodes: new Set(), referrers: new Map() };
  const { selected: version, wrote } = await copyTag(copying, {
    ...names,
    immutable,
    select: (source) => selectVersion(copying, source),
    bring: (version, situation) => bring(copying, version, situation, brought),
    push: ({ root, made }, tag) => createWalk(copying, made).push(root, tag),
  });
  if (!wrote && repair) await complete(copying, version, brought);
  for (const platform of version.missing) copying.notes.add(`the source has no ${platform}`);
  const { digest } = version.root.descriptor;
  brought.nodes.add(digest);
  return { digest, expected: brought };
}

async function selectVersion(copying: Copying, source: Manifest): Promise<Version> {
  const { platforms } = copying.options;
  const whole = { root: source, made: [], missing: [] };
  const reading = createWalk(copying);
  const selection = platforms
    ? await selectPlatforms(source, platforms, {
        manifest: reading.load,
        platform: (image) => readPlatform(copying.source, image),
        parse: parseManifest,
      })
    : whole;
  if (!selection) {
    const wanted = (platforms ?? []).map(formatPlatform).join(', ');
    const name = nameOf(copying.source, source.descriptor.digest);
    throw new UncopyableError(name, `it has none of the wanted platforms (${wanted})`);
  }
  return { ...selection, source };
}

/**
 * Brings all but the tag. Attachments are listed once all manifests are at the target by digest: one that is pushed
 * earlier is in the list, one that is pushed later finds its subject there when its own event comes.
 */
async function bring(
  copying: Copying,
  version: Version,
  { isNew, isThere, readSource }: Situation,
  brought: Brought,
): Promise<Digest | undefined> {
  const { made, root, source } = version;
  const walk = createWalk(copying, made);
  const attachments = createAttachments(copying, walk);
  copying.tally.fresh = isNew;
  const isSame = isSameRepository(copying);
  const hasRoot = (isSame && root === source) || (await isThere());
  if (!hasRoot && !isSame) await walk.copySuccessors(root);
  if (!copying.options.attachments) {
    if (root.subject) await walk.push(root, root.descriptor.digest);
    await attachments.listWritten();
    return undefined;
  }
  if (!hasRoot) await walk.push(root, root.descriptor.digest);
  const [found, latest] = await both(attachments.follow(await walk.nodesOf(root)), readSource());
  await attachments.listWritten();
  await noteLeftOut(copying, version, attachments);
  remember(brought, attachments);
  return found ? undefined : latest;
}

/** The target's tag is right; what it promises may still be incomplete. */
async function complete(copying: Copying, version: Version, brought: Brought): Promise<void> {
  const { made, root } = version;
  const walk = createWalk(copying, made);
  const attachments = createAttachments(copying, walk);
  await together(copying, root.manifests.map(walk.copyNode));
  if (copying.options.attachments) await attachments.follow(await walk.nodesOf(root));
  await attachments.listWritten();
  remember(brought, attachments);
}

function remember({ nodes, referrers }: Brought, { expected }: Attachments): void {
  expected.nodes.forEach((node) => nodes.add(node));
  expected.referrers.forEach((digests, subject) => referrers.set(subject, digests));
}

/** What signs a whole index does not fit a part of it. */
async function noteLeftOut(
  { notes }: Copying,
  { root, source }: Version,
  attachments: Attachments,
): Promise<void> {
  const whole = source.descriptor.digest;
  if (root.descriptor.digest === whole || !(await attachments.exist(whole))) return;
  notes.add(
    `what is attached to the whole index ${whole} is not carried: only some platforms are copied`,
  );
}

function isSameRepository({ source, target }: Copying): boolean {
  return source.registry === target.registry && source.repository === target.repository;
}
