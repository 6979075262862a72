import type { Digest } from '../../../oci/digest';
import { parseDigestTag } from '../../../oci/digest-tag';
import { createAttachments } from './attachments';
import type { Copying } from '../copying';
import { NotReleasedError, SourceGoneError, UncopyableError } from '../../../copying/errors';
import { referrerDescriptor } from './referrers-index';
import { readReferrersTag } from './referrers-tag';
import { nameOf, orGone } from '../tag';
import type { Expected } from '../verification';
import { createWalk } from '../content/walk';

export interface LateAttachment {
  /** What was attached; for a list of referrers, the list. */
  readonly digest: Digest;
  readonly expected: Expected;
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
    throw new UncopyableError(nameOf(source, digest), 'it has no subject, and no tag was given');
  }
  await requireReleased(copying, digest, subject);
  const attachments = createAttachments(copying, createWalk(copying));
  await attachments.copyReferrers({ subject, referrers: [referrerDescriptor(manifest)] });
  return { digest: manifest.descriptor.digest, expected: attachments.expected };
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
    throw new UncopyableError(nameOf(source, tag), 'it is no attachment, and no tag was given');
  }
  const { subject } = about;
  if (subject === undefined) {
    const problem = 'its name has half a sha512 digest only: repair what it belongs to instead';
    throw new UncopyableError(nameOf(source, tag), problem);
  }
  await requireReleased(copying, tag, subject);
  const attachments = createAttachments(copying, createWalk(copying));
  const done = (digest: Digest): LateAttachment => ({ digest, expected: attachments.expected });
  if (!about.isList) return done(await attachments.copyDigestTag(tag));

  const list = await readReferrersTag(source, subject);
  if (list === undefined) throw new SourceGoneError(nameOf(source, tag));
  if (list === 'other') {
    notes.add(`${nameOf(source, tag)} is no list of referrers: left out`);
    return done(subject);
  }
  await attachments.copyReferrers({ subject, referrers: list.manifests, list });
  return done(list.descriptor.digest);
}

async function requireReleased(
  { source, target }: Copying,
  reference: string,
  subject: Digest,
): Promise<void> {
  if (await target.headManifest(subject)) return;
  const targetName = `${target.registry}/${target.repository}`;
  throw new NotReleasedError(nameOf(source, reference), subject, targetName);
}
