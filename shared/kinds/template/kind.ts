import { repositoryAccess } from '../common/repository-access';
import type { Kind } from '../kind';
import { templateEvents } from './event';
import { templateRules } from './rule';

/** Templates of Kubeflow pipelines in Artifact Registry. */
export const template: Kind<'template'> = {
  ...templateRules,
  events: templateEvents,
  access: repositoryAccess,
  copy: async (...allowed) => (await import('./template-copy.js')).copyAllowedTemplate(...allowed),
  held: async (...asked) => (await import('./template-copy.js')).heldTemplate(...asked),
  loadHandCopy: async () => (await import('./template-copy.js')).templateHandCopy,
  loadContent: async () => (await import('./image-names.js')).templateContent,
  loadInventory: async () => (await import('./inspection.js')).templateInventory,
  loadChecks: async () => (await import('./check.js')).templateChecks,
};
