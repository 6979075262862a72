import type { Platform } from '../../oci/descriptor';
import type { Digest } from '../../oci/digest';
import type { RetryBudget } from '../../oci/http/retry-budget';
import type { Repository } from '../../oci/repository';
import type { Traffic } from '../../oci/http/traffic';
import type { System } from '../../system/system';
import type { CopyCaches } from '../../copying/caches';
import type { CopyProgress } from '../../copying/attempt';
import type { Proof, StatementSource } from '../../statements/proof';

/** What to copy, and where to. */
export interface CopyRequest extends System {
  /** Both sides are opened for this copy alone: with its `traffic` and its `signal`. */
  readonly source: Repository;
  readonly target: Repository;
  /**
   * The source's tag, its digest, or both. With a tag the digest is no more than a hint: what the tag holds is copied.
   * A digest without a tag is copied to `destinationTag`, or is a late attachment.
   */
  readonly tag?: string;
  readonly digest?: Digest;
  /**
   * The tag to write. Left out for a late attachment (a digest, or a `sha256-…` tag, which keeps its name), which is copied
   * only if the target has its subject.
   */
  readonly destinationTag?: string;
  readonly options: CopyOptions;
  /** Absent where no rule requires anything. */
  readonly gate?: Gate;
  readonly caches: CopyCaches;
  readonly traffic: Traffic;
  /** Ends the copy; the same that both repositories were opened with. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Shared with both repositories: one budget of second tries for the whole copy. */
  readonly retryBudget?: RetryBudget;
}

/** Asks the source what is proven of a release of one of its manifests under the source's tag. */
export type Gate = (source: StatementSource, subject: Digest) => Promise<Proof>;

export interface CopyOptions {
  /** Copy signatures, SBOMs and whatever else is attached, before the tag. */
  readonly attachments: boolean;
  /** Refuse to move a tag that exists at the target with another digest. */
  readonly immutable: boolean;
  /** Copy only these, as a new index. */
  readonly platforms?: readonly Platform[];
  /** Check children and attachments even if the target's tag is right already. */
  readonly repair: boolean;
  /** Afterwards read every manifest back from the target and look for every blob. */
  readonly verify?: boolean;
  /** How many large blobs are sent at once. */
  readonly blobConcurrency: number;
  /** The path under which every repository of the target's registry belongs to the same owner: blobs are mounted within it. */
  readonly mountScope?: string;
}
