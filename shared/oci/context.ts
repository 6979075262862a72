import type { Exchange } from './exchange';
import type { ManifestLimits } from './manifest';
import type { MountMemory } from './mounts';
import type { Sleep } from './pauses';
import type { RepositoryName } from './reference';
import type { Traffic } from './repository';

/** What the endpoints of one opened repository work with. */
export interface RepositoryContext {
  readonly name: RepositoryName;
  readonly origin: URL;
  readonly exchange: Exchange;
  readonly traffic: Traffic;
  readonly signal?: AbortSignal;
  readonly limits: ManifestLimits;
  readonly mounts: MountMemory;
  readonly referrersApi: ReferrersApiMemory;
  readonly timeouts: BlobTimeouts;
  readonly onBlobBytes: (bytes: number) => void;
  readonly sleep: Sleep;
  readonly random: () => number;
  readonly now: () => number;
}

/** Milliseconds. */
export interface BlobTimeouts {
  /** Until the answer to a blob GET begins. */
  readonly blobAnswer: number;
  /** The longest pause in a blob's bytes. */
  readonly blobIdle: number;
  /** Until the answer to an upload's last byte begins; a second for each 50 MiB is added. */
  readonly commit: number;
}

/** Remembers repositories whose registry has no referrers API. */
export interface ReferrersApiMemory {
  isAbsent(name: RepositoryName): boolean;
  absent(name: RepositoryName): void;
}

/** A registry may be upgraded: then its API is found within the hour. */
const ABSENT_MS = 3_600_000;

export function createReferrersApiMemory(now: () => number): ReferrersApiMemory {
  const absentUntil = new Map<string, number>();
  const keyOf = ({ registry, repository }: RepositoryName) => `${registry}/${repository}`;
  return {
    isAbsent: (name) => (absentUntil.get(keyOf(name)) ?? 0) > now(),
    absent: (name) => void absentUntil.set(keyOf(name), now() + ABSENT_MS),
  };
}

/** `/v2/<name>/<path>` */
export function endpointUrl({ name, origin }: RepositoryContext, path: string): URL {
  return new URL(`/v2/${name.repository}/${path}`, origin);
}
