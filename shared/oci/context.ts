import type { System } from '../system/system';
import type { Exchange } from './exchange';
import type { ManifestLimits } from './manifest';
import type { MountMemory } from './mounts';
import type { RepositoryName } from './reference';
import type { ReferrersApiMemory } from './referrers-api';
import type { Traffic } from './http/traffic';
import type { OwnOrigins } from './http/urls';

/** What the endpoints of one opened repository work with. */
export interface RepositoryContext extends System {
  readonly name: RepositoryName;
  readonly origin: URL;
  readonly ownOrigins: OwnOrigins;
  readonly exchange: Exchange;
  readonly traffic: Traffic;
  readonly signal?: AbortSignal;
  readonly limits: ManifestLimits;
  readonly mounts: MountMemory;
  /** Requests are sent as the owner's account, which may be allowed to read nothing but the owner's repositories. */
  readonly isImpersonating: boolean;
  readonly referrersApi: ReferrersApiMemory;
  readonly timeouts: BlobTimeouts;
  readonly onBlobBytes: (bytes: number) => void;
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

/** `/v2/<name>/<path>` */
export function endpointUrl({ name, origin }: RepositoryContext, path: string): URL {
  return new URL(`/v2/${name.repository}/${path}`, origin);
}
