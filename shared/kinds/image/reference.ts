import { isDigestTag } from '../../oci/digest-tag';
import type { ReferenceKind } from '../../rules/artifact';
import { repositoryReference } from '../common/repository-reference';

const named = repositoryReference('image');

/** Container images: whatever is in a registry and of no other kind. */
export const imageReference: ReferenceKind<'image'> = {
  ...named,
  detailsOf(image) {
    const { tag, digest } = image;
    // Attached by its tag, or pushed by digest alone.
    const isAttachment = tag === undefined ? digest !== undefined : isDigestTag(tag);
    return { ...named.detailsOf(image), isAttachment };
  },
};
