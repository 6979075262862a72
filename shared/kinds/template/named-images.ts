import { SourceGoneError } from '../../copying/errors';
import { formatReference, referenceTo } from '../../oci/reference';
import type { ContentKind } from '../common/content';
import { download } from './copy-context';
import { imageNamesAt } from './image-names';
import { pipelineIn } from './images/renamed';
import { openTemplatePackage } from './open';
import { onSide } from './sides';

/** The images of a template's executors. */
export const templateContent: ContentKind<'template'> = {
  async names(registries, template) {
    const { tag = '' } = template;
    const source = onSide(openTemplatePackage(registries, template, { access: 'pull' }), 'source');
    const version = template.digest ?? (await source.readTag(tag));
    if (version === undefined) throw new SourceGoneError(referenceTo(source, tag));
    const bytes = await download(source, version);
    const why = 'what it names cannot be read:';
    const { images } = pipelineIn(referenceTo(source, version), bytes, why);
    return [...new Set(images.map(({ name }) => name))];
  },
  thereAt(target, rules) {
    const { nameOf, isOurs } = imageNamesAt(target, rules);
    return (name) => {
      const there = nameOf(name);
      const known = { isOurs: isOurs(name) };
      if (there === undefined) return known;
      const caveat = 'of an index the target is given some platforms only, with another digest';
      return { ...known, there: formatReference(there), ...(there.isAltered && { caveat }) };
    };
  },
};
