import type { RegistryClient } from '../oci/client';
import type { RetryBudget } from '../oci/http/retry-budget';
import type { Traffic } from '../oci/http/traffic';
import type { Prove } from '../statements/proof';
import type { SigningKey } from '../statements/signing/signing-key';
import type { CopyCaches } from './caches';
import type { System } from '../system/system';

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
