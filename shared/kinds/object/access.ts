import type { AccessKind } from '../../google/access';

/** What is granted on for objects: the bucket, whose name tells no project, or a folder in it. */
export const objectAccess: AccessKind<'object'> = {
  partOf: ({ bucket }) => ({
    name: `gs://${bucket}`,
    bucket,
    project: null,
    location: null,
    repository: null,
  }),
  folderOf: ({ prefix }) => prefix,
};
