import { CopyError, type Side } from '../copy/errors';
import { formatReference } from '../oci/reference';
import type { TemplatePackage } from './package';

/** The same package, whose failures are CopyErrors that say what was done, on which side, and to what. */
export function onSide(template: TemplatePackage, side: Side): TemplatePackage {
  const { registry, repository } = template;
  const name = formatReference({ registry, repository });

  async function attempt<T>(
    operation: string,
    reference: string,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw new CopyError({ operation, side, reference: `${name}${reference}` }, cause);
    }
  }

  return {
    registry,
    repository,
    readTag: (tag) => attempt('read the tag', `:${tag}`, () => template.readTag(tag)),
    hasVersion: (version) => attempt('look up', `@${version}`, () => template.hasVersion(version)),
    download: (version) => attempt('download', `@${version}`, () => template.download(version)),
    upload: (content, tags) =>
      attempt('upload', `@${content.version}`, () => template.upload(content, tags)),
    createTag: (tag, version) =>
      attempt('create the tag', `:${tag}`, () => template.createTag(tag, version)),
    moveTag: (tag, version) =>
      attempt('move the tag', `:${tag}`, () => template.moveTag(tag, version)),
  };
}
