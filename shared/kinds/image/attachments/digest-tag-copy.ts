import { all } from '../../../async/together';
import { MAX_ROUNDS } from '../../../copying/convergence';
import { SourceMovingError, TagConflictError } from '../../../copying/errors';
import type { Manifest } from '../../../oci/manifest';
import { referenceTo } from '../../../oci/reference';
import { copySuccessors, pushManifest, type Walk } from '../content/walk';
import { hasManifest, readSourceTag, readTargetTag, writeTag } from '../tag';
import { staysAtSource, type Stays } from './stays';

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
