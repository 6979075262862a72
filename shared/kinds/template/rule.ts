import type { Artifact, ReferenceKind } from '../../rules/artifact';
import type { RuleKind } from '../../rules/kind';
import {
  registryIn,
  repositoryReference,
  parseRepository,
  repositoryLocations,
  repositoryPaths,
  repositoryProblem,
} from '../common/repository-reference';

/** Kubeflow pipeline templates, by their hosts. */
export const templateReference: ReferenceKind<'template'> = {
  ...repositoryReference('template'),
  recognizes: (text) => isTemplateRegistry(registryIn(text)),
};

/**
 * True for hosts that hold Kubeflow pipeline templates: `us-kfp.pkg.dev`, and `us-kfp.localhost:5003` in the local stack
 * (https://cloud.google.com/artifact-registry/docs/kfp).
 */
function isTemplateRegistry(registry: string): boolean {
  return /^[a-z0-9-]+-kfp\.(?:pkg\.dev|localhost(?::\d+)?)$/.test(registry);
}

/** A template with the tag that it is released by. */
export type TaggedReference = Artifact<'template'> & { readonly tag: string };

/** Kubeflow pipeline templates in rules.yaml. */
export const templateRules: RuleKind<'template'> = {
  name: 'template',
  plural: 'pipeline templates',
  origin: 'LOCATION-kfp.pkg.dev',
  reference: templateReference,
  names: 'image',
  has: {
    tag: true,
    platforms: 'a template has none',
    attachments: 'nothing is attached to a template',
    statements: 'statements are read of images alone',
    images: true,
    naming: 'a template is named by its own text, and keeps its tags',
  },
  place: {
    key: 'templates',
    description: "The customer's repository for Kubeflow pipeline templates.",
    examples: ['us-kfp.pkg.dev/acme-prod/pipelines'],
    problem: (text) => repositoryProblem(text) ?? projectProblem(text),
    parse: parseRepository,
  },
  paths: {
    key: 'templates',
    description: 'Globs for the names of pipeline templates in `source` (default: all).',
    examples: ['train-*'],
    all: '*',
    grammar: {
      allowed: /^[a-z0-9._-]$/,
      what: 'the name of a template (lower-case letters, digits, . _ -)',
      ...repositoryPaths,
    },
    mayBe: (path) => path !== '' && !path.includes('/'),
    refusal: () => undefined,
  },
  namingProblem: () => undefined,
  ...repositoryLocations('template'),
};

function projectProblem(text: string): string | undefined {
  const [first = '', ...rest] = parseRepository(text).repository.split('/');
  // `example.com/project` is one project.
  const expected = first.includes('.') ? 2 : 1;
  if (isTemplateRegistry(registryIn(text)) && rest.length === expected) return undefined;
  return `a repository of templates is LOCATION-kfp.pkg.dev/PROJECT/REPOSITORY, not ${JSON.stringify(text)}`;
}
