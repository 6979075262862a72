import {
  createBuckets,
  type Buckets,
  type BucketsOptions,
} from '../../local/servers/buckets/buckets';
import type { Kind } from '../../local/servers/buckets/routes';
import type { Version } from '../../local/servers/buckets/store';
import type { ArtifactOutcome } from '../../shared/copying/attempt';
import { createQueue } from '../../shared/async/limits';
import { createRegistryClient } from '../../shared/oci/client';
import { emptyTraffic } from '../../shared/oci/http/traffic';
import { type Bucket, openBucket } from '../../shared/kinds/object/bucket';
import { copyObject, type CopyObjectRequest } from '../../shared/kinds/object/copy';
import { createJumpingClock } from './jumping-clock';

export const VENDOR = 'vendor-models';
export const ACME = 'acme-models';
export const SOURCE = 'models/llm.bin';
export const TARGET = 'from-vendor/llm.bin';

/** Two buckets and one client between them, as copies see them. */
export interface ObjectStage {
  readonly buckets: Buckets;
  /** Every wait that was asked for, in milliseconds. None takes any time: the clock jumps instead. */
  readonly sleeps: readonly number[];
  /** Uploads to the source. */
  readonly publish: (content: string, description?: Version['description']) => Version;
  readonly held: () => Version | undefined;
  /** By default the source object, without a generation. */
  readonly copy: (request?: StagedCopy) => Promise<ArtifactOutcome>;
  readonly open: (bucket: string) => Bucket;
  /** How many requests of each kind came since the last time this was asked. */
  readonly requests: () => Partial<Record<Kind, number>>;
  readonly close: () => Promise<void>;
}

export interface StagedCopy extends Partial<
  Pick<
    CopyObjectRequest,
    'generation' | 'repair' | 'progress' | 'writers' | 'signal' | 'onProgress' | 'name'
  >
> {
  readonly identity?: string;
  readonly from?: string;
  readonly to?: string;
}

export async function createObjectStage(options: BucketsOptions = {}): Promise<ObjectStage> {
  const buckets = await createBuckets({ buckets: [VENDOR, ACME], ...options });
  const clock = createJumpingClock();
  const client = createRegistryClient({
    plainHttpHosts: ['127.0.0.1'],
    random: () => 0.5,
    clock,
  });
  const shared = createQueue();
  return {
    buckets,
    sleeps: clock.sleeps,
    publish: (content, description) => buckets.put(VENDOR, SOURCE, content, description),
    held: () => buckets.find(ACME, TARGET),
    open: (bucket) => openBucket(client, bucket, { host: buckets.address }),
    copy({ identity, from = VENDOR, to = ACME, ...request } = {}) {
      const { signal = new AbortController().signal } = request;
      const traffic = emptyTraffic();
      const opened = {
        host: buckets.address,
        traffic,
        signal,
        identity,
      };
      return copyObject({
        source: openBucket(client, from, opened),
        target: openBucket(client, to, opened),
        name: SOURCE,
        destination: TARGET,
        repair: false,
        writers: shared,
        clock,
        ...request,
        traffic,
        signal,
      });
    },
    requests() {
      const counts = { ...buckets.requests.counts() };
      buckets.requests.reset();
      return counts;
    },
    async close() {
      await client.close();
      await buckets.close();
    },
  };
}
