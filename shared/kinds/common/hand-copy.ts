import type { Attempt, ArtifactOutcome, CopyProgress } from '../../copying/attempt';
import type { Platform } from '../../oci/descriptor';
import type { Artifact, KindName } from '../../rules/artifact';

/** What a person may say about a copy, beside its ends. */
export interface HandOptions {
  /** Copy what is attached, too. */
  readonly attachments: boolean;
  readonly platforms?: readonly Platform[];
  /** Refuse to move a tag that exists at the destination. */
  readonly immutable: boolean;
  /** Afterwards look at everything again. */
  readonly verify: boolean;
  readonly onProgress: (progress: CopyProgress) => void;
}

/** The options of a command that a kind may do without. */
export type HandOption =
  'attachments' | 'platform' | 'immutable' | 'repair' | 'verify' | 'concurrency';

/** No rule is asked what has to be proven, and no attempt comes before or after it. */
export type HandAttempt = Omit<Attempt, 'prove' | 'signingKey' | 'attributes'>;

/** How `relay copy` copies one artifact, without rules. */
export interface HandCopy<K extends KindName = KindName> {
  /** The options that apply to its artifacts. */
  readonly takes: readonly HandOption[];
  /** Why this cannot be copied there, by the names alone; undefined where it can. */
  problem(source: Artifact<K>, destination: Artifact<K>): string | undefined;
  /** @throws what the copy of its kind throws. */
  copy(
    ends: { readonly source: Artifact<K>; readonly destination: Artifact<K> },
    options: HandOptions,
    attempt: HandAttempt,
  ): Promise<ArtifactOutcome>;
}
