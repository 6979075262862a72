import type { Digest } from '../oci/digest';
import { parseManifest, type Manifest } from '../oci/manifest';
import { formatPlatform } from '../oci/platform';
import { createAttachments, type Attachments } from './attachments';
import { both } from './both';
import { together, type Copying } from './copying';
import { UncopyableError } from './errors';
import { readPlatform } from './image-platform';
import { selectPlatforms, type Selection } from './selection';
import { copyTag, nameOf, type Situation, type TagCopied } from './tag';
import { createWalk, type Walk } from './walk';

export interface Release {
  /** What the destination's tag holds now. */
  readonly digest: Digest;
  /** Everything that was copied or found there, as far as it was looked at. */
  readonly nodes: ReadonlySet<Digest>;
}

/** What is known about one version of an image that a release meets; a tag that moves has several. */
interface Version extends Selection {
  readonly source: Manifest;
  readonly walk: Walk;
  readonly attachments: Attachments;
}

/** Copies what the source's tag (or digest) holds to the target's tag: content, then attachments, then the tag. */
export async function copyRelease(
  copying: Copying,
  names: { readonly source: string; readonly destinationTag: string },
): Promise<Release> {
  const { options } = copying;
  const versions = new Map<Digest, Version>();
  const versionOf = (root: Manifest): Version => versions.get(root.descriptor.digest) as Version;

  const copied: TagCopied = await copyTag(copying, {
    ...names,
    immutable: options.immutable,
    async select(source) {
      const version = await selectVersion(copying, source);
      versions.set(version.root.descriptor.digest, version);
      return version.root;
    },
    bring: (root, situation) => bring(copying, versionOf(root), situation),
    push: (root, reference) => versionOf(root).walk.push(root, reference),
  });
  const version = versionOf(copied.root);
  if (!copied.wrote && options.repair) await repair(copying, version);
  for (const platform of version.missing) copying.notes.add(`the source has no ${platform}`);
  return {
    digest: copied.root.descriptor.digest,
    nodes: new Set([copied.root.descriptor.digest, ...version.attachments.sought]),
  };
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
  const walk = createWalk(copying, selection.made);
  return { ...selection, source, walk, attachments: createAttachments(copying, walk) };
}

/**
 * Brings all but the tag. Attachments are listed once all manifests are at the target by digest: one that is pushed
 * earlier is in the list, one that is pushed later finds its subject there when its own event comes.
 */
async function bring(
  copying: Copying,
  version: Version,
  { isThere, isNew, readSource }: Situation,
): Promise<Digest | undefined> {
  const { attachments, root, walk } = version;
  copying.tally.fresh = isNew;
  if (!isThere && !isSameRepository(copying)) await walk.copySuccessors(root);
  if (!copying.options.attachments) {
    if (root.subject) copying.tally.withSubject.push(root);
    await attachments.listWritten();
    return undefined;
  }
  if (!isThere) await walk.push(root, root.descriptor.digest);
  const subjects = await walk.nodesOf(root);
  const [found, latest] = await both(attachments.follow(subjects), readSource());
  await attachments.listWritten();
  await noteLeftOut(copying, version);
  return found ? undefined : latest;
}

/** The target's tag is right; what it promises may still be incomplete. */
async function repair(copying: Copying, { attachments, root, walk }: Version): Promise<void> {
  await together(copying, root.manifests.map(walk.copyNode));
  if (copying.options.attachments) await attachments.follow(await walk.nodesOf(root));
  await attachments.listWritten();
}

/** What signs a whole index does not fit a part of it. */
async function noteLeftOut(copying: Copying, version: Version): Promise<void> {
  const { attachments, root, source } = version;
  const whole = source.descriptor.digest;
  if (root.descriptor.digest === whole || !(await attachments.exist(whole))) return;
  copying.notes.add(
    `what is attached to the whole index ${whole} is not carried: only some platforms are copied`,
  );
}

function isSameRepository({ source, target }: Copying): boolean {
  return source.registry === target.registry && source.repository === target.repository;
}
