import type { Platform } from '../oci/descriptor';
import type { RepositoryName } from '../oci/reference';

/** A bucket, or what lies below one of its folders. */
export interface BucketPlace {
  readonly bucket: string;
  /** Without a slash at its end: `models`; empty for the whole bucket. */
  readonly prefix: string;
}

/** One customer. It takes the kinds of artifact that it has a place for. */
export interface Target {
  readonly name: string;
  /** Where images go. */
  readonly repository?: RepositoryName;
  /** Where pipeline templates go. */
  readonly templates?: RepositoryName;
  /** Where objects go. */
  readonly bucket?: BucketPlace;
  /** The customer's service account to act as. */
  readonly impersonate?: string;
  /** Its jobs are acknowledged and made good by backfill later. */
  readonly paused: boolean;
  /** What is released there gets a receipt. */
  readonly receipts: boolean;
}

/** What the operator decided, compiled: globs and ranges are functions. Only parseRules makes one. */
export type Rule = ReferenceRule | ObjectRule;

interface AnyRule {
  readonly name: string;
  /** As written, for people. */
  readonly globs: readonly string[];
  /** Tests the path below `source`; it is empty for an image that is `source` itself. */
  readonly matchesPath: (path: string) => boolean;
  /** `as` with its placeholders: `{image}:{tag}`, `{template}:{tag}`, `{object}`. */
  readonly as: string;
  /** In the order of the rule, groups expanded, without duplicates. Each has a place for the rule's kind. */
  readonly targets: readonly Target[];
}

/** A rule about what is named by registry, repository and tag. */
export interface ReferenceRule extends AnyRule {
  readonly kind: 'image' | 'template';
  readonly source: RepositoryName;
  /** As written, for people. */
  readonly tags: TagClauses;
  /** Names the first clause that decides about a tag. */
  readonly judgeTag: (tag: string) => TagVerdict;
  readonly platforms?: readonly Platform[];
  readonly immutable: boolean;
  /** Of images alone. */
  readonly attachments: boolean;
}

/** A rule about objects in buckets. */
export interface ObjectRule extends AnyRule {
  readonly kind: 'object';
  readonly source: BucketPlace;
}

export interface TagClauses {
  readonly include?: readonly string[] | undefined;
  readonly semver?: string | undefined;
  readonly exclude?: readonly string[] | undefined;
}

export interface TagVerdict {
  readonly passes: boolean;
  /** The clause, for people: `include 'v*'`, `exclude '*-rc*'`, `no include or semver passes "x"`. */
  readonly why: string;
}

export interface Rules {
  readonly targets: readonly Target[];
  readonly rules: readonly Rule[];
}
