import { isRepository, isTemplateRegistry } from '../../oci/reference';
import type { RuleKind } from '../../rules/kind';
import {
  parseRepository,
  referenceTo,
  registryIn,
  repositoryAt,
  repositoryPaths,
  repositoryProblem,
} from '../repository-place';

/** Container images in rules.yaml. Any registry that is no other kind's holds them. */
export const imageRules: RuleKind = {
  name: 'image',
  plural: 'images',
  has: { tag: true, platforms: true, attachments: true, naming: true },
  place: {
    key: 'repository',
    description: "The customer's repository: images are written under it.",
    examples: ['us-docker.pkg.dev/acme-prod/vendor'],
    recognizes: (text) =>
      !isTemplateRegistry(registryIn(text)) && repositoryProblem(text) === undefined,
    problem: repositoryProblem,
    parse: (text) => ({ kind: 'image', source: parseRepository(text) }),
    compile: (text) => ({ repository: parseRepository(text) }),
    at: ({ repository }) => repository,
  },
  paths: {
    key: 'images',
    description:
      'Globs for the path of an image below `source` (default: all): "*" stops at "/", "**" does not ("workers/**" is "workers" too); ?, [a-z] and {a,b} as usual, no negation.',
    examples: ['api', 'workers/**'],
    all: '**',
    grammar: {
      allowed: /^[a-z0-9._/-]$/,
      what: 'an image path (lower-case letters, digits, . _ - /)',
      ...repositoryPaths,
    },
    mayBe: () => true,
    refusal: () => undefined,
  },
  namingProblem: (path) =>
    path.startsWith('/') || !isRepository(path) ? 'is not a repository path' : undefined,
  artifactAt: repositoryAt,
  copyTo: (source, place, path, tag) => referenceTo('image', source, place, path, tag),
};
