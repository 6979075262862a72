import { orCopyError, type Side } from '../../copying/errors';
import { formatReference, type RepositoryName } from '../../oci/reference';
import type { TemplateList } from './list';
import type { TemplatePackage } from './package';

/** The same package, whose failures are CopyErrors that say what was done, on which side, and to what. */
export function onSide(template: TemplatePackage, side: Side): TemplatePackage {
  const { registry, repository } = template;
  const name = formatReference({ registry, repository });

  const attempt = <T>(operation: string, reference: string, work: () => Promise<T>): Promise<T> =>
    orCopyError({ operation, side, reference: `${name}${reference}` }, work);

  return {
    registry,
    repository,
    readTag: (tag) => attempt('read the tag', `:${tag}`, () => template.readTag(tag)),
    hasVersion: (version) => attempt('look up', `@${version}`, () => template.hasVersion(version)),
    readDescription: (version) =>
      attempt('look up', `@${version}`, () => template.readDescription(version)),
    download: (version) => attempt('download', `@${version}`, () => template.download(version)),
    upload: (content, tags) =>
      attempt('upload', `@${content.version}`, () => template.upload(content, tags)),
    createTag: (tag, version) =>
      attempt('create the tag', `:${tag}`, () => template.createTag(tag, version)),
    moveTag: (tag, version) =>
      attempt('move the tag', `:${tag}`, () => template.moveTag(tag, version)),
  };
}

/** The list of the repository that is named, whose failures are CopyErrors that say so. */
export function listOnSide(name: RepositoryName, list: TemplateList, side: Side): TemplateList {
  const reference = formatReference(name);
  const attempt = <T>(work: () => Promise<T>): Promise<T> =>
    orCopyError({ operation: 'list the templates of', side, reference }, work);
  return {
    page: (from) => attempt(() => list.page(from)),
    package: (packageName) => attempt(() => list.package(packageName)),
  };
}
