import type { Digest } from '../oci/digest';
import { createAttachments } from './attachments';
import type { Copying } from './copying';
import { NotReleasedError, SourceGoneError, UncopyableError } from './errors';
import { fallbackTag, parseAttachmentTag, referrerDescriptor } from './referrers-index';
import { readReferrersTag } from './referrers-tag';
import { nameOf, orGone } from './tag';
import { createWalk } from './walk';

/** True for what is copied only where its subject is: a digest without a tag, or one of the `sha256-…` tags. */
export function isLateAttachment(reference: { tag?: string; digest?: Digest }): boolean {
  return reference.tag === undefined || parseAttachmentTag(reference.tag) !== undefined;
}

export interface LateAttachment {
  /** What was attached; for a list of referrers, the list. */
  readonly digest: Digest;
  /** Everything that was looked at. */
  readonly nodes: ReadonlySet<Digest>;
}

/**
 * Copies what was attached to an image after that was copied: a referrer by its digest, one of cosign's tags, or all that
 * a fallback tag lists; each with what is attached to it.
 *
 * @throws {NotReleasedError} when the target does not have the subject; {SourceGoneError}; {UncopyableError} for what is
 * attached to nothing.
 */
export async function copyLateAttachment(
  copying: Copying,
  reference: { tag?: string | undefined; digest?: Digest | undefined },
): Promise<LateAttachment> {
  const walk = createWalk(copying);
  const attachments = createAttachments(copying, walk);
  const done = (digest: Digest): LateAttachment => ({ digest, nodes: attachments.sought });
  const { source } = copying;

  if (reference.tag === undefined) {
    const digest = reference.digest ?? '';
    const manifest = await orGone(source, digest, source.getManifest(digest));
    copying.caches.manifests.add(source, manifest);
    if (!manifest.subject) {
      throw new UncopyableError(nameOf(source, digest), 'it has no subject, and no tag was given');
    }
    await requireReleased(copying, digest, manifest.subject.digest);
    await attachments.copyReferrers({
      subject: manifest.subject.digest,
      referrers: [referrerDescriptor(manifest)],
    });
    return done(manifest.descriptor.digest);
  }

  const about = parseAttachmentTag(reference.tag);
  if (!about) throw new UncopyableError(nameOf(source, reference.tag), 'no destination was given');
  await requireReleased(copying, reference.tag, about.subject);
  if (!about.isList) return done(await attachments.copyCosignTag(reference.tag));

  const list = await readReferrersTag(source, about.subject);
  if (list === undefined) throw new SourceGoneError(nameOf(source, fallbackTag(about.subject)));
  if (list === 'other') {
    copying.notes.add(`${nameOf(source, reference.tag)} is no list of referrers: left out`);
    return done(about.subject);
  }
  const { subject } = about;
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
