import type { Attempt, ArtifactOutcome } from '../copying/attempt';
import type { CheckKind } from '../doctor/kind';
import type { AccessKind } from '../google/access';
import type { InventoryKind } from '../inventory/inspection';
import type { EventKind } from '../jobs/events';
import type { KindName } from '../rules/artifact';
import type { AllowedCopy } from '../rules/authorize';
import type { RuleKind } from '../rules/kind';
import type { Rules } from '../rules/rules';
import type { ContentKind } from './common/content';
import type { HandCopy } from './common/hand-copy';

/**
 * A kind of artifact: all that the relay asks about it. A folder beside this file exports one, and `kinds.ts` lists them.
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
