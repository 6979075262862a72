import { repositoryAccess } from '../common/repository-access';
import type { Kind } from '../kind';
import { imageEvents } from './event';
import { imageRules } from './rule';

/** Container images, and whatever else is in an OCI registry. */
export const image: Kind<'image'> = {
  ...imageRules,
  events: imageEvents,
  access: repositoryAccess,
  copy: async (...asked) => (await import('./image-copy.js')).copyAllowedImage(...asked),
  held: async (...asked) => (await import('./image-copy.js')).heldImage(...asked),
  loadHandCopy: async () => (await import('./image-copy.js')).imageHandCopy,
  loadInventory: async () => (await import('./inspection.js')).imageInventory,
  loadChecks: async () => (await import('./check.js')).imageChecks,
};
