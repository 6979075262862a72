import type { Descriptor } from '../../../../shared/oci/descriptor';
import type { Digest } from '../../../../shared/oci/digest';
import type { Slice } from '../reply';
import type { Uploads } from './uploads';

/** All that a registry keeps. Names, tags and digests have been validated. */
export interface Storage {
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  readonly tags: TagStore;
  readonly referrers: ReferrerStore;
  readonly uploads: Uploads;
}

/** Blobs by digest: each is stored once, and seen only in the repositories that it was pushed or mounted to. */
export interface BlobStore {
  readonly find: (repository: string, digest: Digest) => Promise<StoredBlob | undefined>;
  /** Shows a blob of `from` (without it: of any repository) in `repository` too. False: it is not there. */
  readonly mount: (repository: string, digest: Digest, from?: string) => Promise<boolean>;
  /** False: it was not there. The content goes with the last repository that shows it. */
  readonly remove: (repository: string, digest: Digest) => Promise<boolean>;
}

export interface StoredBlob {
  /** Bytes. */
  readonly size: number;
  /** `length` bytes from `start` on. */
  readonly slice: (start: number, length: number) => Uint8Array | Slice;
}

/** The manifests of every repository, by digest. */
export interface ManifestStore {
  readonly put: (repository: string, manifest: StoredManifest) => Promise<void>;
  readonly get: (repository: string, digest: Digest) => Promise<StoredManifest | undefined>;
  readonly has: (repository: string, digest: Digest) => Promise<boolean>;
  /** False: it was not there. */
  readonly remove: (repository: string, digest: Digest) => Promise<boolean>;
  /** Every repository that a manifest was ever pushed to, sorted. */
  readonly repositories: () => Promise<readonly string[]>;
}

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** The tags of every repository. */
export interface TagStore {
  readonly resolve: (repository: string, tag: string) => Promise<Digest | undefined>;
  readonly set: (repository: string, tag: string, digest: Digest) => Promise<void>;
  /** As `set`, but never moves a tag. False: it holds another digest. */
  readonly setOnce: (repository: string, tag: string, digest: Digest) => Promise<boolean>;
  /** False: it was not there. */
  readonly remove: (repository: string, tag: string) => Promise<boolean>;
  /** Sorted by code unit, as the distribution-spec asks. `undefined`: no such repository. */
  readonly list: (repository: string) => Promise<readonly string[] | undefined>;
}

/** Which manifests name a subject (OCI referrers). */
export interface ReferrerStore {
  readonly add: (repository: string, subject: Digest, referrer: Descriptor) => Promise<void>;
  readonly remove: (repository: string, subject: Digest, referrer: Digest) => Promise<void>;
  /** Sorted by digest. */
  readonly list: (repository: string, subject: Digest) => Promise<readonly Descriptor[]>;
}
