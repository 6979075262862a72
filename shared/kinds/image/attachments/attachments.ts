// What the rest of the relay may use of this folder.
export {
  findAttached,
  holdsAll,
  isAnyAttached,
  readDigestTags,
  readSourceAttachments,
  type KnownTag,
  type SourceAttachments,
} from './at-source';
export {
  copyAttachments,
  listWritten,
  NOTHING_ATTACHED,
  type CopiedAttachments,
} from './copy-attachments';
export { copyLateReferrer, copyLateTag } from './late-attachment';
export { attach, findUnlisted, pushArtifact, readListed } from './referrers-list';
export type { Listing } from './referrers-tag';
