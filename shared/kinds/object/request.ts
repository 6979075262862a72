import type { CopyProgress } from '../../copying/attempt';
import type { Queue } from '../../async/limits';
import type { Traffic } from '../../oci/http/traffic';
import type { Clock } from '../../system/clock';
import type { Bucket } from './bucket';
import type { RewriteProgress } from './progress';

/** What to copy, and where to. */
export interface CopyObjectRequest {
  /**
   * Both are opened for this copy alone, with its `traffic` and its `signal`, and as the same identity: a rewrite is one
   * request, so whoever writes at the target must read at the source.
   */
  readonly source: Bucket;
  readonly target: Bucket;
  /** The source object. */
  readonly name: string;
  /** What the event told: a target that has it already, or a newer one, is left alone without a look at the source. */
  readonly generation?: string;
  /** The object's name at the target. */
  readonly destination: string;
  /** Compare with the source in any case. */
  readonly repair: boolean;
  /** From an attempt before this one. */
  readonly progress?: RewriteProgress;
  /** Writers of one target object, in this process. */
  readonly writers: Queue;
  readonly traffic: Traffic;
  /** Ends the copy; the same that both buckets were opened with. */
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, 'monotonic' | 'now'>;
  readonly onProgress?: (progress: CopyProgress) => void;
}
