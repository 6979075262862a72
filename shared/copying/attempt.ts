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
  /** Look closer than the job's first question, whether all is there. */
  readonly repair: boolean;
  /** How many large blobs are sent at once. */
  readonly blobConcurrency: number;
  /** Asks the source what is proven about a digest, where rules require something. */
  readonly prove: Prove;
  /** Signs receipts. Default: they are not signed. */
  readonly signingKey?: SigningKey;
  /** Where buckets are, if not at Google. */
  readonly storageHost?: string;
  /** Of the message: what an attempt before this one has handed over. */
  readonly attributes: Readonly<Record<string, string>>;
}
