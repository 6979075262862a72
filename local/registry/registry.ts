import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '../../shared/oci/digest';
import { createAuth, type AuthOptions } from './auth';
import { createBlobStore } from './blob-store';
import { createEndpoints } from './endpoints';
import type { GcrMessage } from './events';
import { createManifestStore } from './manifest-store';
import { createRequestLog, type RequestLog } from './request-log';
import { createHandler } from './handler';
import { listen, type Tls } from './server';
import { createUploads } from './uploads';

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
  /** What the tag holds now. */
  digestOf(repository: string, tag: string): Promise<Digest | undefined>;
  /** Sorted; none for a repository that does not exist. */
  tags(repository: string): Promise<readonly string[]>;
  /** Every repository that a manifest was pushed to, sorted. */
  repositories(): Promise<readonly string[]>;
  /** Breaks open connections off, and removes a temporary storage folder. */
  close(): Promise<void>;
}

/** Starts a registry. @throws {Error} when the port is in use or the storage folder cannot be written. */
export async function createRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const { host = '127.0.0.1', port = 0, onMessage } = options;
  const folder = options.storage ?? (await mkdtemp(join(tmpdir(), 'registry-')));
  await rm(join(folder, 'uploads'), { recursive: true, force: true });
  await mkdir(join(folder, 'uploads'), { recursive: true });

  const requests = createRequestLog();
  const auth = createAuth(options.auth);
  const blobs = createBlobStore(folder);
  const manifests = createManifestStore(folder);
  const endpoints = createEndpoints({
    auth,
    blobs,
    manifests,
    uploads: createUploads(folder),
    immutableTags: options.immutableTags ?? false,
    sparse: options.sparse ?? false,
    referrers: options.referrers ?? true,
    pageSize: options.pageSize ?? Infinity,
    publicName: options.publicName,
    publish: (messages) => messages.forEach((message) => onMessage?.(message)),
  });
  const server = await listen(
    createHandler({ auth, endpoints, requests }),
    host,
    port,
    options.tls,
  );

  return {
    address: server.address,
    origin: server.origin,
    requests,
    digestOf: manifests.resolve,
    tags: async (repository) => (await manifests.tags(repository)) ?? [],
    repositories: manifests.repositories,
    async close() {
      await server.close();
      if (options.storage === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
