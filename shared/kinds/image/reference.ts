import { isDigestTag } from '../../oci/digest-tag';
import type { Reference, RepositoryName } from '../../oci/reference';
import type { ReferenceKind } from '../../rules/artifact';
import { repositoryReference } from '../common/repository-reference';

declare module '../../rules/artifact' {
  interface Forms {
    readonly image: {
      readonly artifact: Reference;
      readonly place: RepositoryName;
      readonly placeKey: 'repository';
      readonly pathKey: 'images';
    };
  }
}

/** Container images: whatever is in a registry and of no other kind. */
export const imageReference: ReferenceKind<'image'> = {
  ...repositoryReference,
  detailsOf(image) {
    const { tag, digest } = image;
    // Attached by its tag, or pushed by digest alone.
    const isAttachment = tag === undefined ? digest !== undefined : isDigestTag(tag);
    return { ...repositoryReference.detailsOf(image), isAttachment };
  },
};
