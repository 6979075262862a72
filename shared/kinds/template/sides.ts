import type { Side } from '../../copying/errors';
import { formatReference, type RepositoryName } from '../../oci/reference';
import { onSide } from '../common/ends';
import type { TemplateList } from './list';
import type { TemplatePackage } from './package';

/** The same package, whose failures are CopyErrors that name what was done, on which side, and to what. */
export function packageOnSide(template: TemplatePackage, side: Side): TemplatePackage {
  const { registry, repository } = template;
  const name = formatReference({ registry, repository });
  return onSide(template, side, {
    readTag: (tag) => ({ operation: 'read the tag', reference: `${name}:${tag}` }),
    hasVersion: (version) => ({ operation: 'look up', reference: `${name}@${version}` }),
    readDescription: (version) => ({ operation: 'look up', reference: `${name}@${version}` }),
    download: (version) => ({ operation: 'download', reference: `${name}@${version}` }),
    upload: ({ version }) => ({ operation: 'upload', reference: `${name}@${version}` }),
    createTag: (tag) => ({ operation: 'create the tag', reference: `${name}:${tag}` }),
    moveTag: (tag) => ({ operation: 'move the tag', reference: `${name}:${tag}` }),
  });
}

/** The list of the repository `name`, whose failures are CopyErrors that name it. */
export function listOnSide(name: RepositoryName, list: TemplateList, side: Side): TemplateList {
  const operation = { operation: 'list the templates of', reference: formatReference(name) };
  return onSide(list, side, { page: () => operation, package: () => operation });
}
