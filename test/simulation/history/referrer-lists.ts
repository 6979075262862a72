import { fallbackIndex } from '../../../local/images/attachments';
import type { Descriptor } from '../../../shared/oci/descriptor';
import type { ImagePush, Move } from './move';

/** So long after a referrer its list is there: tools write the one, then the other. */
const WRITING_MS = 200;

/**
 * The same, at a registry that does not list referrers by itself: whoever pushes one lists it under the tag of its subject, with
 * all that were there before.
 */
export function listed(moves: readonly Move[]): Move[] {
  const referrers = moves.filter(isReferrer).sort((a, b) => a.at - b.at);
  const lists = referrers.map((last, place): ImagePush => {
    const all = referrers
      .slice(0, place + 1)
      .filter(({ image, subject }) => image === last.image && subject === last.subject);
    const subject = { digest: last.subject } as Descriptor;
    const { root, manifests } = fallbackIndex(
      subject,
      all.map(({ content }) => content),
    );
    const { tag = '', ...list } = manifests.at(-1)!;
    const content = { root, blobs: [], manifests: [list] };
    const { image, at } = last;
    return {
      kind: 'push',
      at: at + WRITING_MS,
      image,
      tag,
      content,
      subject: last.subject,
      isList: true,
    };
  });
  return [...moves, ...lists];
}

function isReferrer(move: Move): move is ImagePush & { readonly subject: string } {
  return move.kind === 'push' && move.subject !== undefined && move.tag === undefined;
}
