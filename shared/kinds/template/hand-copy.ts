import type { Reference } from '../../oci/reference';
import type { HandCopy } from '../common/hand-copy';
import { copyTemplate } from './copy';
import { parseTemplateName } from './name';
import { openTemplatePackage } from './open';

/** Copies a template by hand: it keeps its name and its tag, and its images keep theirs. */
export const templateHandCopy: HandCopy<'template'> = {
  takes: ['immutable'],
  problem(source, destination) {
    const { package: name } = parseTemplateName(source);
    if (name === undefined) return 'The source names a repository, and no template in it.';
    if (source.tag === undefined && source.digest === undefined) {
      return 'The source needs a :tag or a @digest.';
    }
    const { package: other = name } = parseTemplateName(destination);
    if (other !== name) {
      return `A template is named by its own text: it is "${name}" there, too, and not "${other}".`;
    }
    if (destination.digest !== undefined || (destination.tag ?? source.tag) !== source.tag) {
      return 'A template keeps its tag: give the destination the same one, or none.';
    }
    return undefined;
  },
  copy({ source, destination }, { immutable }, attempt) {
    const { registries, traffic, retryBudget, signal, caches, clock } = attempt;
    const opened = { traffic, retryBudget, signal };
    return copyTemplate({
      source: openTemplatePackage(registries, source, { access: 'pull', ...opened }),
      target: openTemplatePackage(registries, packageAt(destination, source), {
        access: 'push',
        ...opened,
      }),
      tag: source.tag,
      digest: source.digest,
      options: { immutable },
      caches,
      traffic,
      signal,
      clock,
    });
  },
};

/** A destination that names only a repository means the source's template in it. */
function packageAt({ registry, repository }: Reference, source: Reference) {
  const { package: own } = parseTemplateName({ registry, repository });
  const { package: name = '' } = parseTemplateName(source);
  return { registry, repository: own === undefined ? `${repository}/${name}` : repository };
}
