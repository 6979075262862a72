import type { Platform } from '../oci/descriptor';
import type { RepositoryName } from '../oci/reference';

/** One customer's repository. */
export interface Target {
  readonly name: string;
  readonly repository: RepositoryName;
  /** The customer's service account to act as. */
  readonly impersonate?: string;
  /** Its jobs are acknowledged and made good by backfill later. */
  readonly paused: boolean;
  /** What is released there gets a receipt. */
  readonly receipts: boolean;
}

/** What the operator decided, compiled: globs and ranges are functions. Only parseRules makes one. */
export interface Rule {
  readonly name: string;
  readonly source: RepositoryName;
  /** As written, for people. */
  readonly globs: readonly string[];
  /** Tests the path below `source`; it is empty for what is `source` itself. */
  readonly matchesPath: (path: string) => boolean;
  /** As written, for people. */
  readonly tags: TagClauses;
  /** Names the first clause that decides about a tag. */
  readonly judgeTag: (tag: string) => TagVerdict;
  readonly platforms?: readonly Platform[];
  readonly immutable: boolean;
  readonly attachments: boolean;
  /** `as` with its placeholders: `{image}:{tag}`. */
  readonly as: string;
  /** In the order of the rule, groups expanded, without duplicates. */
  readonly targets: readonly Target[];
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
