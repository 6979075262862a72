import type { Access, ListingOfKind } from '../../inventory/inspection';
import { connectAtPace } from '../../inventory/pace';
import { formatReference, type RepositoryName } from '../../oci/reference';
import type { SourceRelease } from '../../rules/artifact';
import { taggedReferences, type ListedTemplate, type TemplateList } from './list';
import { listTemplates } from './open';
import { listOnSide } from './sides';

export function openTemplateListing(access: Access): ListingOfKind<'template'> {
  const { registries, pace, traffic } = access;
  const paced = connectAtPace(registries, pace);
  return listTemplateTags((source) =>
    listOnSide(source, listTemplates(paced, source, { traffic }), 'source'),
  );
}

/** The list alone has all that a comparison needs: no request for a single template. */
export function listTemplateTags(
  open: (source: RepositoryName) => Pick<TemplateList, 'page'>,
): ListingOfKind<'template'> {
  return ({ source }) => {
    const tagsOf = (listed: ListedTemplate): SourceRelease<'template'>[] =>
      taggedReferences(source, listed).map((tagged) => ({
        kind: 'template',
        ...tagged,
        uploadedAt: listed.uploadedAt,
      }));
    return {
      key: formatReference(source),
      async page(from) {
        const { templates, next } = await open(source).page(from);
        return { releases: templates.flatMap(tagsOf), next };
      },
    };
  };
}
