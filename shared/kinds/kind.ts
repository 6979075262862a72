import type { Attempt, ArtifactOutcome, CopyProgress } from '../copying/attempt';
import type { CheckKind } from '../doctor/kind';
import type { AccessKind } from '../google/access';
import type { InventoryKind } from '../inventory/inspection';
import type { EventKind } from '../jobs/events';
import type { KindName, Artifact } from '../rules/artifact';
import type { AllowedCopy } from '../rules/authorize';
import type { RuleKind } from '../rules/kind';
import type { Rules, RuleSet, Target } from '../rules/rules';
import type { RegistryClient } from '../oci/client';
import type { Platform } from '../oci/descriptor';

/**
 * A kind of artifact: all that the relay asks about it. Each folder in this one exports one, and `kinds.ts` lists them.
 *
 * Its values are part of every cold start, so that they are pure and small; what its methods need is imported by the first
 * call. These are methods, not properties, so that each kind is a `Kind`: only artifacts of its own are handed to it.
 */
export interface Kind<K extends KindName = KindName> extends RuleKind<K> {
  readonly events: EventKind;
  readonly access: AccessKind<K>;
  /**
   * Carries out one copy that these rules allow. It may run twice, at once and late, and ends at what the source holds then.
   *
   * @throws {CopyError} that names the side, {CopyAbortedError} at the deadline.
   */
  copy(copy: AllowedCopy<K>, attempt: Attempt, rules: Rules): Promise<ArtifactOutcome>;
  /** What the destination of a copy holds now, as the `digest` of an outcome; undefined: nothing. @throws as reading does. */
  held(copy: AllowedCopy<K>, attempt: Attempt): Promise<string | undefined>;
  loadHandCopy(): Promise<HandCopy<K>>;
  /** Unset: its content names no other artifacts. */
  loadContent?(): Promise<ContentKind<K>>;
  loadInventory(): Promise<InventoryKind<K>>;
  loadChecks(): Promise<CheckKind<K>>;
}

/** Other artifacts that an artifact's content names, and that must be at the target before it is of use. */
export interface ContentKind<K extends KindName = KindName> {
  /**
   * The names in it, as it is at its source now; each once.
   *
   * @throws {SourceGoneError}, {UncopyableError} where it cannot be read; what asking the source throws.
   */
  names(registries: RegistryClient, artifact: Artifact<K>): Promise<readonly string[]>;
  /** What names come to at one target, by the rules alone. */
  thereAt(target: Target, rules: RuleSet): (name: string) => NameThere;
}

interface NameThere {
  /** What it is called there; absent: no rule releases it to the target. */
  readonly there?: string;
  /** True for what is of a source that the rules release from, to whomever. */
  readonly isOurs: boolean;
  /** Why it never comes there by this name, as a sentence. */
  readonly caveat?: string;
}

/** What a person may choose for a copy, besides its ends. */
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
