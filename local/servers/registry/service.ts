import type { Digest } from '../../../shared/oci/digest';
import type { Machine } from '../machine';
import { createAnswer } from './answer';
import { createAuth, type AuthOptions } from './auth';
import { collecting } from './collecting';
import { createEndpoints } from './endpoints/endpoints';
import type { GcrMessage } from './events';
import { createHandler, type Handler } from './handler';
import { parseRoute, type Kind } from './routes';
import type { Storage } from './storage/storage';

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
