import type { Readable } from 'node:stream';
import type { Descriptor } from './descriptor';
import type { Digest } from './digest';
import type { Manifest } from './manifest';
import type { RepositoryName } from './reference';

/**
 * One repository of one registry, as the distribution-spec has it; a method is an endpoint. Every answer that a method
 * does not promise is thrown as a RegistryError. Manifests and blobs that are read are verified: a mismatch of size or
 * digest is a DigestMismatchError, never data.
 */
export interface Repository extends RepositoryName {
  /** end-3 as HEAD. `undefined`: the registry says there is none. */
  headManifest(tagOrDigest: string): Promise<Descriptor | undefined>;
  /** end-3. The bytes are verified against the digest asked for, or against the one that the registry names. */
  getManifest(tagOrDigest: string): Promise<Manifest>;
  /**
   * end-7a. `reference` is a tag or the manifest's own digest. `beforeSend` is called before each time that the request is
   * sent; if it throws, the request is not sent and its error is thrown.
   */
  putManifest(
    manifest: Manifest,
    reference: string,
    beforeSend?: () => Promise<void>,
  ): Promise<void>;
  /** end-2 as HEAD. */
  hasBlob(digest: Digest): Promise<boolean>;
  /** end-2. A verified stream of exactly `descriptor.size` bytes; a source that breaks off is resumed with Range where it can be. */
  getBlob(descriptor: Descriptor): Promise<Readable>;
  /**
   * end-11 with end-4a as its other outcome: one POST that asks "is it here, or may I mount it from there?" and else opens
   * an upload session. `from` is a repository of the same registry (or, with `origin`, of another Google host).
   */
  mountOrStartUpload(digest: Digest, mount?: Mount): Promise<'present' | Upload>;
  /** end-4a alone: an upload session even where the registry claims to have the blob. */
  startUpload(digest: Digest): Promise<Upload>;
  /**
   * Whether we may push here, asked without a session; `undefined`: the registry does not know the repository, which a
   * push may or may not create. Throws as `startUpload` does.
   */
  mayUpload(): Promise<true | undefined>;
  /** end-12a, all pages. `undefined`: this registry has no referrers API. */
  listReferrers(subject: Digest): Promise<readonly Descriptor[] | undefined>;
  /** end-8, all pages. */
  listTags(): Promise<readonly string[]>;
}

export interface Mount {
  readonly from: string;
  readonly origin?: string;
}

/** An open upload session (end-4a). */
export interface Upload {
  /** end-6: sends exactly `descriptor.size` bytes and commits. */
  write(descriptor: Descriptor, content: Readable | Uint8Array): Promise<void>;
  /** Gives the session up, as far as the registry allows; never throws. */
  cancel(): Promise<void>;
}
