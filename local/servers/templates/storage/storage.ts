import type { Digest } from '../../../../shared/oci/digest';

/** Templates that are kept. A package is named by its path, `project/repository/package`, whose components must be valid. */
export interface TemplateStorage {
  /** Keeps a version that is there as it is. */
  readonly put: (packagePath: string, bytes: Uint8Array, description?: string) => Promise<Digest>;
  readonly read: (packagePath: string, version: Digest) => Promise<Buffer | undefined>;
  /** In the order of their digests. `undefined`: no such package. */
  readonly versions: (packagePath: string) => Promise<readonly StoredVersion[] | undefined>;
  /** Sorted. */
  readonly packages: (repository: string) => Promise<readonly string[]>;
  readonly readTag: (packagePath: string, tag: string) => Promise<Digest | undefined>;
  readonly setTag: (packagePath: string, tag: string, version: Digest) => Promise<void>;
  /** False: there is a tag of that name, which stays. */
  readonly createTag: (packagePath: string, tag: string, version: Digest) => Promise<boolean>;
  /** Sorted. */
  readonly tags: (packagePath: string) => Promise<readonly StoredTag[]>;
  /** False: there was none. */
  readonly removeTag: (packagePath: string, tag: string) => Promise<boolean>;
  /** With its tags. False: there was none. */
  readonly removeVersion: (packagePath: string, version: Digest) => Promise<boolean>;
  readonly removePackage: (packagePath: string) => Promise<void>;
}

export interface StoredVersion {
  readonly version: Digest;
  readonly size: number;
  readonly createdAt: Date;
  readonly description?: string;
}

export interface StoredTag {
  readonly tag: string;
  readonly version: Digest;
}
