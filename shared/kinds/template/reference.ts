import type { Artifact, ReferenceKind } from '../../rules/artifact';
import { registryIn, repositoryReference } from '../common/repository-reference';

/** Kubeflow pipeline templates, by their hosts. */
export const templateReference: ReferenceKind<'template'> = {
  ...repositoryReference('template'),
  recognizes: (text) => isTemplateRegistry(registryIn(text)),
};

/**
 * True for hosts that hold Kubeflow pipeline templates: `us-kfp.pkg.dev`, and `us-kfp.localhost:5003` in the local stack
 * (https://cloud.google.com/artifact-registry/docs/kfp).
 */
export function isTemplateRegistry(registry: string): boolean {
  return /^[a-z0-9-]+-kfp\.(?:pkg\.dev|localhost(?::\d+)?)$/.test(registry);
}

/** A template with the tag that it is released by. */
export type TaggedReference = Artifact<'template'> & { readonly tag: string };
