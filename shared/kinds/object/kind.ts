import type { Kind } from '../kind';
import { objectAccess } from './access';
import { objectEvents } from './event';
import { objectRules } from './rule';

/** Objects in buckets of Cloud Storage. */
export const object: Kind<'object'> = {
  ...objectRules,
  events: objectEvents,
  access: objectAccess,
  copy: async (copy, attempt) =>
    (await import('./object-copy.js')).copyAllowedObject(copy, attempt),
  held: async (...asked) => (await import('./object-holding.js')).heldObject(...asked),
  loadHandCopy: async () => (await import('./hand-copy.js')).objectHandCopy,
  loadInventory: async () => (await import('./inspection.js')).objectInventory,
  loadChecks: async () => (await import('./check.js')).objectChecks,
};
