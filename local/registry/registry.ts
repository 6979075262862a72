import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '../../shared/oci/digest';
import { createAnswer } from './answer';
import { createAuth, type AuthOptions } from './auth';
import { createEndpoints } from './endpoints/endpoints';
import type { GcrMessage } from './events';
import { createRequestLog, type RequestLog } from './request-log';
import { createFaults, type Faults } from './faults/faults';
import { createHandler } from './handler';
import { parseRoute } from './routes';
import { listen, type Tls } from './server';
import { openDiskStorage } from './storage/disk/disk';
import { machine } from '../machine';

export interface RegistryOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** The folder to store in, made if needed. Default: a fresh temporary folder, removed on close. */
  readonly storage?: string;
  /** Serves TLS with this key and certificate (PEM). */
  readonly tls?: Tls;
  readonly auth?: AuthOptions;
  /** The registry's name in messages. Default: the host that the client used. */
  readonly publicName?: string;
  /** Gets what Artifact Registry publishes on the `gcr` topic, once the change can be read and before it is answered. */
  readonly onMessage?: (message: GcrMessage) => void;
  /** Refuses to move a tag, as Artifact Registry does. */
  readonly immutableTags?: boolean;
  /** Takes manifests whose blobs or children are missing, as few registries do. */
  readonly sparse?: boolean;
  /** False: there is no referrers API, so that clients use fallback tags. Default true. */
  readonly referrers?: boolean;
  /** Entries in a page of tags, referrers or repositories where the client does not say. Default: all. */
  readonly pageSize?: number;
}

/** A running OCI registry (distribution-spec 1.1). */
export interface Registry {
  /** Host and port, as references name it: `127.0.0.1:5000`. */
  readonly address: string;
  /** `http://127.0.0.1:5000` */
  readonly origin: string;
  readonly requests: RequestLog;
  readonly faults: Faults;
  /** Serves the same on one more port, and gives that origin: for redirects and Locations that lead elsewhere. */
  readonly openOrigin: () => Promise<string>;
  /** What the tag holds now. */
  readonly digestOf: (repository: string, tag: string) => Promise<Digest | undefined>;
  /** Sorted; none for a repository that does not exist. */
  readonly tags: (repository: string) => Promise<readonly string[]>;
  /** Every repository that a manifest was pushed to, sorted. */
  readonly repositories: () => Promise<readonly string[]>;
  /** Breaks open connections off, and removes a temporary storage folder. */
  readonly close: () => Promise<void>;
}

/** Starts a registry. @throws {Error} when the port is in use or the storage folder cannot be written. */
export async function createRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const { host = '127.0.0.1', port = 0, onMessage } = options;
  const folder = options.storage ?? (await mkdtemp(join(tmpdir(), 'registry-')));
  const storage = await openDiskStorage(folder, machine);
  const requests = createRequestLog();
  const faults = createFaults();
  const auth = createAuth(options.auth);
  const endpoints = createEndpoints(storage, auth, {
    immutableTags: options.immutableTags ?? false,
    sparse: options.sparse ?? false,
    hasReferrers: options.referrers ?? true,
    pageSize: options.pageSize ?? Infinity,
    nameFor: (exchange) => options.publicName ?? exchange.host,
    publish: (message) => onMessage?.(message),
  });
  const handler = createHandler({
    parseRoute,
    answer: createAnswer(auth, endpoints),
    downloadPath: endpoints.downloads.issue,
    faults,
    requests,
  });
  const removeTemporary = async (): Promise<void> => {
    if (options.storage !== undefined) return;
    // A request that was broken off may still be writing.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const server = await listen(handler, host, port, options.tls).catch(async (error: unknown) => {
    await removeTemporary();
    throw error;
  });
  const servers = [server];

  return {
    address: server.address,
    origin: server.origin,
    requests,
    faults,
    async openOrigin() {
      const another = await listen(handler, host, 0, options.tls);
      servers.push(another);
      return another.origin;
    },
    digestOf: storage.tags.resolve,
    tags: async (repository) => (await storage.tags.list(repository)) ?? [],
    repositories: storage.manifests.repositories,
    async close() {
      await Promise.all(servers.map((each) => each.close()));
      await removeTemporary();
    },
  };
}
