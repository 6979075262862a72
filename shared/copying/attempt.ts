import type { RegistryClient } from '../oci/client';
import type { Digest } from '../oci/digest';
import type { RetryBudget } from '../oci/http/retry-budget';
import type { Traffic } from '../oci/http/traffic';
import type { Prove } from '../statements/proof';
import type { SigningKey } from '../statements/signing/signing-key';
import type { System } from '../system/system';
import type { CopyCaches } from './caches';

/** What one attempt at a copy may use, whatever its kind. */
export interface Attempt extends System {
  readonly registries: RegistryClient;
  /** Shared by all copies of the process. */
  readonly caches: CopyCaches;
  /** Ends the attempt, in time to answer. */
  readonly signal: AbortSignal;
  readonly traffic: Traffic;
  /** One budget of second tries for the whole attempt. */
  readonly retryBudget: RetryBudget;
  /** Check that everything is there, even where the target's tag is right already. */
  readonly repair: boolean;
  /** How many large blobs are sent at once. */
  readonly blobConcurrency: number;
  /** Asks the source what is proven about a digest, where rules require something. */
  readonly prove: Prove;
  /** Signs receipts. Default: they are not signed. */
  readonly signingKey?: SigningKey;
  /** Where buckets are, if not at Google. */
  readonly storageHost?: string;
  /** The attributes of the message, in which an earlier attempt may have left how far it got. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a copy has done, whatever its kind. */
export interface ArtifactOutcome {
  /** `current`: the target had everything that was asked for, and nothing was written. */
  readonly outcome: 'copied' | 'current';
  /** What the destination holds now: `sha256:…` of images and templates, `crc32c:…` of objects. */
  readonly digest: string;
  /**
   * The time of the observation, in milliseconds since 1970: of two copies to one destination, the later one reports
   * what it holds. If a registry returns no time, it is when the last read of the source began, which is later than any
   * earlier read that wrote the target.
   */
  readonly asOf: number;
  /** The full reference at the target. */
  readonly destination: string;
  /** Content written at the target. */
  readonly bytes: number;
  /** Requests sent to both sides, those for tokens and redirects too. */
  readonly requests: number;
  readonly seconds: number;
  /** What a person should know: what was left out, refused or not found. */
  readonly notes: readonly string[];
}

/** Blob bytes that are at the target, of those known to be wanted so far; `total` grows while manifests are read. */
export interface CopyProgress {
  readonly done: number;
  readonly total: number;
}

/** How a copy names its source: by tag, where the digest is only a hint, or by digest alone. */
export function sourceReference({
  tag,
  digest,
}: {
  readonly tag?: string;
  readonly digest?: Digest;
}): string {
  const reference = tag ?? digest;
  if (reference === undefined) throw new TypeError('a copy needs a tag or a digest at its source');
  return reference;
}
