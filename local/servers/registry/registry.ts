import type { Digest } from '../../../shared/oci/digest';
import { machine, type Machine } from '../machine';
import { openStorageFolder, run, type Running, type RunningOptions } from '../running';
import { type Auth, type AuthOptions, createAuth } from './auth';
import { collecting } from './collecting';
import { createEndpoints, type Endpoints } from './endpoints/endpoints';
import { requireRepository } from './endpoints/references';
import { errorReply } from './errors';
import type { GcrMessage } from './events';
import { createHandler, type Handler } from './handler';
import { CutError, type Endpoint } from './reply';
import { type Kind, parseRoute } from './routes';
import type { Tls } from './server';
import { openDiskStorage } from './storage/disk';
import type { Storage } from './storage/storage';

export interface RegistryOptions extends ServiceOptions, Partial<Machine>, RunningOptions {
  /** Serves TLS with this key and certificate (PEM). */
  readonly tls?: Tls;
}

/** A running OCI registry. */
export type Registry = Omit<RegistryService, 'serve'> & Running;

/** Starts a registry. @throws {Error} when the port is in use or the storage folder cannot be written. */
export async function createRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const own = { ...machine, ...options };
  const stored = await openStorageFolder('registry-', options);
  const storage = await openDiskStorage(stored.folder, own);
  const { serve, ...service } = createRegistryService(storage, options, own);
  return { ...service, ...(await run(serve, options, stored)) };
}

export interface ServiceOptions {
  readonly auth?: AuthOptions;
  /** The registry's name in messages. Default: the host that the client used. */
  readonly publicName?: string;
  /** Gets what Artifact Registry publishes on the `gcr` topic, once the change can be read and before it is answered. */
  readonly onMessage?: (message: GcrMessage) => void;
  /** Refuses to move a tag, as Artifact Registry does. */
  readonly immutableTags?: boolean;
  /** Takes manifests whose blobs are missing, as crane's registry does, or whose children are, as zot does; true: both. */
  readonly sparse?: boolean | 'blobs' | 'children';
  /**
   * Takes a manifest away at once with its last tag, as zot does, and with it its children and what is attached to it.
   * What never had a tag stays.
   */
  readonly collects?: boolean;
  /** False to serve no referrers API, so that clients use fallback tags. Default true. */
  readonly referrers?: boolean;
  /** Entries in a page of tags, referrers or repositories where the client does not say. Default: all. */
  readonly pageSize?: number;
}

/** An OCI registry (distribution-spec 1.1), wherever it is served. */
export interface RegistryService extends Handler<Kind> {
  /** What the tag holds now. */
  readonly digestOf: (repository: string, tag: string) => Promise<Digest | undefined>;
  /** Sorted; none for a repository that does not exist. */
  readonly tags: (repository: string) => Promise<readonly string[]>;
  /** Every repository that a manifest was pushed to, sorted. */
  readonly repositories: () => Promise<readonly string[]>;
}

export function createRegistryService(
  kept: Storage,
  options: ServiceOptions,
  machine: Machine,
): RegistryService {
  const { onMessage, sparse = false } = options;
  const storage = options.collects === true ? collecting(kept) : kept;
  const auth = createAuth(options.auth, machine);
  const endpoints = createEndpoints(storage, auth, {
    names: machine.names,
    immutableTags: options.immutableTags ?? false,
    missing: {
      blobs: sparse === true || sparse === 'blobs',
      children: sparse === true || sparse === 'children',
    },
    hasReferrers: options.referrers ?? true,
    pageSize: options.pageSize ?? Infinity,
    nameFor: (exchange) => options.publicName ?? exchange.host,
    publish: (message) => onMessage?.(message),
  });
  const handler = createHandler({
    parseRoute,
    answer: createAnswer(auth, endpoints),
    downloadPath: endpoints.downloads.issue,
    clock: machine.clock,
  });
  return {
    ...handler,
    digestOf: storage.tags.resolve,
    tags: async (repository) => (await storage.tags.list(repository)) ?? [],
    repositories: storage.manifests.repositories,
  };
}

/** Authorises a request and answers it; a refusal is an answer, too. */
function createAnswer(auth: Auth, endpoints: Endpoints): Endpoint {
  return async (exchange) => {
    try {
      const { kind, repository } = exchange.route;
      if (repository !== '') requireRepository(repository);
      auth.authorize(exchange);
      return await endpoints.byKind[kind](exchange);
    } catch (error) {
      if (error instanceof CutError) throw error;
      return errorReply(error);
    }
  };
}
