import { isDigestTag } from '../../oci/digest-tag';
import {
  answeringHost,
  formatReference,
  isGoogleRegistry,
  isRepository,
  projectLengthOf,
  type RepositoryName,
} from '../../oci/reference';
import type { ReferenceKind } from '../../rules/artifact';
import type { RuleKind } from '../../rules/kind';
import {
  repositoryReference,
  parseRepository,
  registryIn,
  repositoryLocations,
  repositoryPaths,
  repositoryProblem,
} from '../common/repository-reference';

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

/** How a full reference begins: names that end as those of public registries do, and not every name with a dot. */
const REGISTRY =
  /^(?:localhost|(?:[a-z0-9-]+\.)+(?:aws|cloud|cn|com|dev|internal|io|local|net|org)|[a-z0-9.-]+:\d+)\//;

/** Container images in rules.yaml. Any registry that is no other kind's holds them. */
export const imageRules: RuleKind<'image'> = {
  name: 'image',
  plural: 'images',
  reference: imageReference,
  has: {
    tag: true,
    platforms: true,
    attachments: true,
    statements: true,
    images: 'an image is copied as it is',
    naming: true,
  },
  place: {
    key: 'repository',
    description: "The customer's repository for images.",
    examples: ['us-docker.pkg.dev/acme-prod/vendor'],
    problem: (text) => repositoryProblem(text) ?? formatProblem(text),
    problemAsTarget: (text) =>
      stopsBeforeRepository(parseRepository(text))
        ? `${JSON.stringify(text)} names no repository: write LOCATION-docker.pkg.dev/PROJECT/REPOSITORY`
        : undefined,
    parse: parseRepository,
  },
  paths: {
    key: 'images',
    description:
      'Globs for the path of an image below `source` (default: all). "*" stops at "/", "**" does not, and "workers/**" includes "workers". ?, [a-z] and {a,b} work as usual; there is no negation.',
    examples: ['api', 'workers/**'],
    all: '**',
    grammar: {
      allowed: /^[a-z0-9._/-]$/,
      what: 'an image path (lower-case letters, digits, . _ - /; `tags` is where tags are said)',
      ...repositoryPaths,
    },
    isElsewhere: (path) => REGISTRY.test(path),
    mayBe: () => true,
    refusal: () => undefined,
  },
  namingProblem: (path) => (isRepository(path) ? undefined : 'is not a repository path'),
  ...repositoryLocations('image'),
  note(source, { name, impersonate, repository }) {
    const mayMount = isGoogleRegistry(source.registry) && source.registry === repository?.registry;
    if (impersonate === undefined || !mayMount) return undefined;
    return (
      `copies to target "${name}" as ${impersonate}: unless that may read ${formatReference(source)} ` +
      `(roles/artifactregistry.reader) nothing is mounted, and every byte passes through the function`
    );
  },
};

/** Why what Artifact Registry has at a host are no images: its name ends with the format of its repositories. */
function formatProblem(text: string): string | undefined {
  const registry = answeringHost(registryIn(text));
  if (!registry.endsWith('.pkg.dev') || registry.endsWith('-docker.pkg.dev')) return undefined;
  return `${JSON.stringify(text)} holds no images: in Artifact Registry they are at LOCATION-docker.pkg.dev/PROJECT/REPOSITORY`;
}

/** True for a path in Artifact Registry that ends with a project; `example.com/project` is one. */
export function stopsBeforeRepository({ registry, repository }: RepositoryName): boolean {
  const components = repository.split('/');
  return registry.endsWith('.pkg.dev') && components.length <= projectLengthOf(components);
}
