import { all } from '../../../async/together';
import { askTwice, MAX_ROUNDS } from '../../../copying/convergence';
import {
  SourceGoneError,
  UncopyableError,
  SourceMovingError,
  TagConflictError,
} from '../../../copying/errors';
import type { Digest } from '../../../oci/digest';
import type { Manifest } from '../../../oci/manifest';
import { referenceTo } from '../../../oci/reference';
import {
  listManifests,
  rewriteNode,
  type Walk,
  copySuccessors,
  pushManifest,
} from '../content/walk';
import { allOrAbort } from '../copy-context';
import { hasManifest, readSourceTag, readTargetTag, writeTag } from '../tag';
import { readDigestTags, type DigestTags, findAttached, isAnyAttached } from './at-source';
import { staysAtSource, type Stays } from './carried';
import { copyReferrers, type CopiedReferrers } from './referrers';
import { ensureListed } from './referrers-list';
import { referrerDescriptor } from './referrers-tag';

/** Attachments of attachments: a signature of an SBOM of an image has two levels. */
const MAX_LEVELS = 5;

/** What is attached to the manifests of one copy, and at the target now. */
export interface CopiedAttachments {
  /** Everything whose attachments were looked for. */
  readonly nodes: ReadonlySet<Digest>;
  /** By subject: what the target lists as its referrers. */
  readonly referrers: ReadonlyMap<Digest, readonly Digest[]>;
  /** False: nothing was found. */
  readonly isAny: boolean;
  /** The source's digest tags, as they were listed last. */
  readonly digestTags?: Promise<DigestTags>;
}

export const NOTHING_ATTACHED: CopiedAttachments = {
  nodes: new Set(),
  referrers: new Map(),
  isAny: false,
};

/**
 * Copies what is attached to `subjects`, and what is attached to that: OCI referrers, those under fallback tags, and what
 * other digest tags hold. Level by level: once a level is at the target, what is pushed for it finds it there by its own
 * event; what was pushed before is in the lists, which are therefore read again for each level.
 */
export async function copyAttachments(
  walk: Walk,
  subjects: readonly Digest[],
  firstLevel = 0,
): Promise<CopiedAttachments> {
  const { copying } = walk;
  const nodes = new Set<Digest>();
  const referrers = new Map<Digest, readonly Digest[]>();
  let attached: CopiedAttachments = { nodes, referrers, isAny: false };
  let next = subjects;
  for (let level = firstLevel; ; level++) {
    const unvisited = [...new Set(next)].filter((subject) => !nodes.has(subject));
    const [first] = unvisited;
    if (first === undefined) return attached;
    if (level > MAX_LEVELS) {
      const problem = `attachments of attachments go on for over ${MAX_LEVELS} levels`;
      throw new UncopyableError(referenceTo(copying.source, first), problem);
    }
    const digestTags = readDigestTags(copying);
    const copied = await allOrAbort(
      copying,
      unvisited.map((subject) => copyAttachedTo(walk, subject, digestTags)),
    );
    for (const one of copied) {
      nodes.add(one.subject);
      if (one.referrers.length > 0) referrers.set(one.subject, one.referrers);
    }
    const isAny = attached.isAny || copied.some((one) => one.isAny);
    attached = { ...attached, isAny, digestTags };
    next = copied.flatMap(({ manifests }) => manifests);
  }
}

interface CopiedOfSubject {
  readonly subject: Digest;
  readonly isAny: boolean;
  /** What the target lists as its referrers. */
  readonly referrers: readonly Digest[];
  /** The manifests that are attached: what is attached to them comes next. */
  readonly manifests: readonly Digest[];
}

async function copyAttachedTo(
  walk: Walk,
  subject: Digest,
  digestTags: Promise<DigestTags>,
): Promise<CopiedOfSubject> {
  const found = await findAttached(walk.copying, subject, digestTags);
  const copied = await allOrAbort(walk.copying, [
    copyReferrers(walk, found),
    ...found.tags.map((tag) => copyTagged(walk, tag)),
  ]);
  return {
    subject,
    isAny: isAnyAttached(found),
    referrers: copied.flatMap(({ digests }) => digests),
    manifests: copied.flatMap(({ manifests }) => manifests),
  };
}

/** No referrer, and no manifest where the attachment stays, or was removed after the tags were listed. */
async function copyTagged(walk: Walk, tag: string): Promise<CopiedReferrers> {
  try {
    const attachment = await askTwice(() => copyDigestTag(walk, tag), isGone);
    if (typeof attachment === 'string') return { digests: [], manifests: [] };
    return { digests: [], manifests: await listManifests(walk, attachment) };
  } catch (error) {
    if (isGone(error)) return { digests: [], manifests: [] };
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof SourceGoneError;
}

/** Lists at the target what the walk has written and what names a subject, where the target does not do so by itself. */
export async function listWritten(walk: Walk, { referrers }: CopiedAttachments): Promise<void> {
  await allOrAbort(
    walk.copying,
    [...walk.written].map(async ([subject, written]) => {
      if (referrers.has(subject)) return;
      await ensureListed(walk.copying, subject, written.map(referrerDescriptor), (referrer) =>
        rewriteNode(walk, referrer),
      );
    }),
  );
}

/**
 * Makes a digest tag at the target what the source's is now, as the rule of convergence has it, and gives the attachment
 * that it holds. A target that refuses to move the tag gets the attachment by its digest, and a note says so. Returns
 * the reason if the attachment stays at the source.
 *
 * @throws {SourceGoneError}, {SourceMovingError}
 */
export async function copyDigestTag(walk: Walk, tag: string): Promise<Manifest | Stays> {
  const { copying } = walk;
  const { source, tally } = copying;
  let [attachment, target] = await all([readSourceTag(copying, tag), readTargetTag(copying, tag)]);
  let wrote = false;
  for (let round = 0; ; round++) {
    const { digest } = attachment.descriptor;
    const stays = staysAtSource(attachment, { isGated: copying.gate !== undefined });
    if (stays) return stays;
    if (target.held === digest) {
      if (wrote) tally.attachments++;
      return attachment;
    }
    if (round === MAX_ROUNDS) throw new SourceMovingError(referenceTo(source, tag), MAX_ROUNDS);

    const isThere = target.held !== undefined && (await hasManifest(copying, digest, target));
    if (!isThere) await copySuccessors(walk, attachment);
    const latest = await readSourceTag(copying, tag, attachment);
    if (latest.descriptor.digest === digest) {
      if (!(await writeUnlessRefused(walk, attachment, tag))) return attachment;
      [target, wrote] = [{ held: digest }, true];
      attachment = await readSourceTag(copying, tag, attachment);
    } else {
      attachment = latest;
      target = await readTargetTag(copying, tag);
    }
  }
}

/** False: the target does not move the tag, and has the attachment by its digest. */
async function writeUnlessRefused(walk: Walk, attachment: Manifest, tag: string): Promise<boolean> {
  const { notes, tally } = walk.copying;
  try {
    await writeTag(walk, attachment, tag);
    return true;
  } catch (error) {
    if (!(error instanceof TagConflictError)) throw error;
    await pushManifest(walk, attachment, attachment.descriptor.digest);
    tally.attachments++;
    const { destination, held, wanted } = error;
    notes.add(
      `the target refused to move ${destination} from ${held} to ${wanted}: the attachment is there by digest only`,
    );
    return false;
  }
}
