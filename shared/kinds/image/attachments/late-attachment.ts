import type { Digest } from '../../../oci/digest';
import { parseDigestTag } from '../../../oci/digest-tag';
import { NotReleasedError, SourceGoneError, UncopyableError } from '../../../copying/errors';
import { referenceTo } from '../../../oci/reference';
import type { Repository } from '../../../oci/repository';
import { isRelayStatement } from '../../../statements/relay-statement';
import { listManifests, startWalk, type Walk } from '../content/walk';
import type { Copying } from '../copy-context';
import { orGone } from '../sides';
import {
  copyAttachments,
  NOTHING_ATTACHED,
  type CopiedAttachments,
  copyDigestTag,
} from './copy-attachments';
import { carriedList, isRunnable, type Stays } from './carried';
import { carriedOfSource } from './at-source';
import { copyReferrers, type Referrers } from './referrers';
import { referrerDescriptor, readReferrersTag } from './referrers-tag';

export interface LateAttachment {
  /** What was attached; for a list of referrers, the list. */
  readonly digest: Digest;
  readonly expected: Pick<CopiedAttachments, 'nodes' | 'referrers'>;
}

/**
 * Copies a referrer that was pushed after its subject was copied, and what is attached to it.
 *
 * @throws {NotReleasedError} when the target does not have the subject; {SourceGoneError}; {UncopyableError} for what has
 * no subject.
 */
export async function copyLateReferrer(copying: Copying, digest: string): Promise<LateAttachment> {
  const { caches, source } = copying;
  const manifest = await orGone(source, digest, source.getManifest(digest));
  caches.manifests.add(source, manifest);
  const subject = manifest.subject?.digest;
  if (subject === undefined) {
    throw new UncopyableError(
      referenceTo(source, digest),
      'it has no subject, and no tag was given',
    );
  }
  if (isRelayStatement(manifest)) throw staysHere(source, digest, subject, 'relay statement');
  if (copying.gate && isRunnable(manifest)) throw staysHere(source, digest, subject, 'runnable');
  await requireReleased(copying, digest, subject);
  const referrers = [referrerDescriptor(manifest)];
  const expected = await copyLate(startWalk(copying), { subject, referrers });
  return { digest: manifest.descriptor.digest, expected };
}

/**
 * Copies what a digest tag holds: an attachment, or all that a fallback tag lists.
 *
 * @throws as {@link copyLateReferrer}.
 */
export async function copyLateTag(copying: Copying, tag: string): Promise<LateAttachment> {
  const { notes, source } = copying;
  const about = parseDigestTag(tag);
  if (!about) {
    throw new UncopyableError(
      referenceTo(source, tag),
      'it is no attachment, and no tag was given',
    );
  }
  const { subject } = about;
  if (subject === undefined) {
    const problem = 'its name has half a sha512 digest only: repair what it belongs to instead';
    throw new UncopyableError(referenceTo(source, tag), problem);
  }
  await requireReleased(copying, tag, subject);
  const walk = startWalk(copying);
  if (!about.isList) {
    const attachment = await copyDigestTag(walk, tag);
    if (typeof attachment === 'string') throw staysHere(source, tag, subject, attachment);
    const expected = await copyAttachments(walk, await listManifests(walk, attachment), 1);
    return { digest: attachment.descriptor.digest, expected };
  }
  const list = await readReferrersTag(source, subject);
  if (list === undefined) throw new SourceGoneError(referenceTo(source, tag));
  if (list === 'other') {
    notes.add(`${referenceTo(source, tag)} is no list of referrers: left out`);
    return { digest: subject, expected: NOTHING_ATTACHED };
  }
  const referrers = await carriedOfSource(copying, list.manifests);
  const carried = carriedList(list, referrers);
  if (!carried) throw staysHere(source, tag, subject, copying.gate ? 'list' : 'relay statement');
  const expected = await copyLate(walk, { subject, referrers, list: carried });
  return { digest: list.descriptor.digest, expected };
}

/** Copies referrers and lists them at the target, then what is attached to them. */
async function copyLate(walk: Walk, found: Referrers): Promise<LateAttachment['expected']> {
  const { digests, manifests } = await copyReferrers(walk, found);
  const { nodes, referrers } = await copyAttachments(walk, manifests, 1);
  const own = digests.length > 0 ? [[found.subject, digests] as const] : [];
  return { nodes, referrers: new Map([...own, ...referrers]) };
}

async function requireReleased(
  { source, target }: Copying,
  reference: string,
  subject: Digest,
): Promise<void> {
  // Asked twice: one 404 may be spurious, and this job is the last to look.
  if ((await target.headManifest(subject)) ?? (await target.headManifest(subject))) return;
  const targetName = `${target.registry}/${target.repository}`;
  const why = `belongs to ${subject}, which ${targetName} does not have`;
  throw new NotReleasedError(referenceTo(source, reference), subject, why);
}

function staysHere(
  source: Repository,
  reference: string,
  subject: Digest,
  reason: Stays | 'list',
): NotReleasedError {
  const why = {
    'relay statement': `is what the relay states of ${subject} at the source, and stays there`,
    runnable: `is an image or an index: a rule with "require" releases it only under a tag of its own`,
    list: `lists only what stays at the source`,
  }[reason];
  return new NotReleasedError(referenceTo(source, reference), subject, why);
}
