import type { AccessKind } from '../../google/access';
import type { Kind } from '../kind';
import { objectEvents } from './event';
import { objectRules } from './rule';

/** What is granted on for objects: the bucket, whose name shows no project, or a folder in it. */
const objectAccess: AccessKind<'object'> = {
  partOf: ({ bucket }) => ({
    name: `gs://${bucket}`,
    bucket,
    project: null,
    location: null,
    repository: null,
  }),
  folderOf: ({ prefix }) => prefix,
};

/** Objects in buckets of Cloud Storage. */
export const object: Kind<'object'> = {
  ...objectRules,
  events: objectEvents,
  access: objectAccess,
  copy: async (copy, attempt) =>
    (await import('./object-copy.js')).copyAllowedObject(copy, attempt),
  held: async (...asked) => (await import('./object-copy.js')).heldObject(...asked),
  loadHandCopy: async () => (await import('./object-copy.js')).objectHandCopy,
  loadInventory: async () => (await import('./inspection.js')).objectInventory,
  loadChecks: async () => (await import('./check.js')).objectChecks,
};
