/*
 * This folder is the distribution API (https://github.com/opencontainers/distribution-spec), and could be a package of its
 * own: `client`, `repository`, the words (reference, digest, descriptor, manifest, platform, media types) and the errors in
 * `http/errors` are its public side. No rule, job, target or kind of artifact is known here.
 */
import type { LookupFunction } from 'node:net';
import type { System } from '../system/system';
import {
  createGoogleAuthenticator,
  type Access,
  type Authenticator,
  type FindCredentials,
  type GoogleTokens,
} from './auth/auth';
import { createBlobEndpoints } from './blobs';
import type { BlobTimeouts, RepositoryContext } from './context';
import { createDockerAuthenticator } from './auth/docker-auth';
import { createExchange, type Exchange } from './exchange';
import { createListEndpoints } from './lists';
import { DEFAULT_MANIFEST_LIMITS, type ManifestLimits } from './manifest';
import { createManifestEndpoints } from './manifests';
import { createMountMemory } from './mounts';
import { createPauses, type Pauses, createRetries, type Retries } from './http/retries';
import { createPools } from './http/pools';
import {
  answeringHost,
  formatReference,
  isGoogleRegistry,
  parseReference,
  type RepositoryName,
} from './reference';
import { createReferrersApiMemory } from './referrers-api';
import type { Repository } from './repository';
import { emptyTraffic, type Traffic } from './http/traffic';
import type { RetryBudget } from './http/retry-budget';
import { observeRequests, type ObservedRequest, createSend, type Send } from './http/transport';
import { createUploadPermission } from './upload-permission';
import { createUploadEndpoints } from './uploads';

/** Milliseconds. */
export interface Timeouts extends BlobTimeouts {
  readonly connect: number;
  /** Until the answer to a small request begins, and for each pause in it. */
  readonly answer: number;
}

export interface RegistryClientDeps extends System {
  /**
   * Hosts, with or without port, that speak plain HTTP; without port, all ports are meant; `localhost` with all below it. With
   * a port, registries of that host may point there, to their token server or to another that serves their blobs, wherever it is.
   */
  readonly plainHttpHosts: readonly string[];
  /** Bearer tokens for Google's registries. Without them those are asked as all others are. */
  readonly googleTokens?: GoogleTokens;
  /** Credentials for all other registries. Default: none. */
  readonly findCredentials?: FindCredentials;
  readonly manifestLimits?: Partial<ManifestLimits>;
  /** Called with every chunk of a blob. */
  readonly onBlobBytes?: (bytes: number) => void;
  readonly timeouts?: Partial<Timeouts>;
  readonly lookup?: LookupFunction;
  /** Sends every request. Default: over connections of this client. */
  readonly send?: Send;
  /** Called for every request when its response begins or fails. */
  readonly onRequest?: (request: ObservedRequest) => void;
}

export interface OpenOptions {
  /** What tokens are asked for: `push` includes `pull`. */
  readonly access: 'pull' | 'push';
  /** The service account to act as on a Google registry. Default: the process's own. */
  readonly identity?: string;
  /** Ends every request and wait; its reason is what is then thrown. */
  readonly signal?: AbortSignal;
  /** Counts what is sent and received. */
  readonly traffic?: Traffic;
  /** Shared by all that one copy does. Default: no limit besides 3 tries for each request. */
  readonly retryBudget?: RetryBudget;
  /** Asks again whether there is a referrers API, even if the registry has just said that there is none. */
  readonly recheckReferrersApi?: boolean;
}

/**
 * Speaks to registries. Made once for a process: connections, tokens and what is known about hosts are shared by all
 * copies, while signal, traffic and identity belong to an opened repository.
 */
export interface RegistryClient {
  /** No request is sent. @throws {InvalidReferenceError} for a name that cannot be one. */
  open(name: RepositoryName, options: OpenOptions): Repository;
  /** The same for another protocol at `name.registry`; tokens and pauses are those of `name.repository`. */
  connect(name: RepositoryName, options: OpenOptions): Connection;
  /** Breaks off what is under way and closes all connections. */
  close(): Promise<void>;
}

/** One host, asked on behalf of one copy. */
export interface Connection extends Pick<Access, 'origin'> {
  readonly exchange: Exchange;
  /** For what the exchange must not repeat by itself. */
  readonly retries: Retries;
}

const DEFAULT_TIMEOUTS: Timeouts = {
  connect: 10_000,
  answer: 30_000,
  blobAnswer: 60_000,
  blobIdle: 60_000,
  commit: 60_000,
};
/** Google's quota counts by the minute; others ask for short breaks. */
const FIRST_PAUSE_MS = { google: 10_000, other: 1000 } as const;

export function createRegistryClient(deps: RegistryClientDeps): RegistryClient {
  const { clock, random, onBlobBytes = () => undefined } = deps;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...deps.timeouts };
  const pools = createPools({ connectTimeoutMs: timeouts.connect, ...deps });
  const plainly = deps.send ?? createSend(pools);
  const send = deps.onRequest ? observeRequests(plainly, deps.onRequest, clock) : plainly;
  const shared: Shared = {
    clock,
    random,
    onBlobBytes,
    timeouts,
    send,
    limits: { ...DEFAULT_MANIFEST_LIMITS, ...deps.manifestLimits },
    google: deps.googleTokens && createGoogleAuthenticator(deps.googleTokens),
    docker: createDockerAuthenticator({ ...deps, send, timeoutMs: timeouts.answer }),
    pauses: createPauses(deps),
    mounts: createMountMemory(clock),
    referrersApi: createReferrersApiMemory(clock),
  };
  const connect = (name: RepositoryName, options: OpenOptions): Connection & Origins =>
    openConnection(name, originsOf(name.registry, deps.plainHttpHosts), options, shared);
  return {
    open(name, options) {
      const { registry, repository } = parseReference(formatReference(name));
      const connection = connect({ registry, repository }, options);
      return openRepository({ registry, repository }, connection, options, shared);
    },
    connect,
    close: () => pools.close(),
  };
}

/** What all repositories of a client have in common. */
interface Shared extends Pick<
  RepositoryContext,
  'clock' | 'limits' | 'mounts' | 'onBlobBytes' | 'random' | 'referrersApi'
> {
  readonly send: Send;
  readonly google: Authenticator | undefined;
  readonly docker: Authenticator;
  readonly pauses: Pauses;
  readonly timeouts: Timeouts;
}

type Origins = Pick<Access, 'origin' | 'ownOrigins'>;

function openConnection(
  name: RepositoryName,
  origins: Origins,
  { access, identity, signal, traffic = emptyTraffic(), retryBudget }: OpenOptions,
  shared: Shared,
): Connection & Origins {
  const isGoogle = isGoogleHost(name.registry);
  const abort = signal !== undefined && { signal };
  const budget = retryBudget !== undefined && { retryBudget };
  const retries = createRetries({ ...shared, ...abort, ...budget });
  const exchange = createExchange({
    ...shared,
    authenticator: (isGoogle ? shared.google : undefined) ?? shared.docker,
    caller: {
      access: { ...name, ...origins, access, identity },
      traffic,
      ...abort,
    },
    pause: isGoogle
      ? { key: `${name.registry}/${projectOf(name)}`, firstMs: FIRST_PAUSE_MS.google }
      : { key: name.registry, firstMs: FIRST_PAUSE_MS.other },
    answerTimeoutMs: shared.timeouts.answer,
    idleTimeoutMs: shared.timeouts.answer,
    retries,
  });
  return { ...origins, exchange, retries };
}

function openRepository(
  name: RepositoryName,
  { origin, ownOrigins, exchange }: Connection & Origins,
  { recheckReferrersApi = false, identity, signal, traffic = emptyTraffic() }: OpenOptions,
  shared: Shared,
): Repository {
  if (recheckReferrersApi) shared.referrersApi.recheck(name);
  const abort = signal !== undefined && { signal };
  const isImpersonating = identity !== undefined;
  const context: RepositoryContext = {
    ...shared,
    name,
    origin,
    ownOrigins,
    exchange,
    traffic,
    isImpersonating,
    ...abort,
  };
  const blobs = createBlobEndpoints(context);
  return {
    ...name,
    ...createManifestEndpoints(context),
    ...blobs,
    ...createUploadEndpoints(context, blobs.hasBlob),
    ...createUploadPermission(context),
    ...createListEndpoints(context),
  };
}

/** Google's registries, and its APIs: both take an access token as the bearer. */
function isGoogleHost(host: string): boolean {
  return isGoogleRegistry(host) || /\.googleapis\.com$/.test(host);
}

/** Google counts requests for each project and region; the region is the host. */
function projectOf({ repository }: RepositoryName): string {
  return repository.split('/', 1).join('');
}

function originsOf(registry: string, plainHttpHosts: readonly string[]): Origins {
  const host = registry.replace(/:\d+$/, '');
  // `us-kfp.localhost:5003` counts as `localhost:5003`.
  const isPlain = [registry, host, host.replace(/^.*\.(localhost)$/, '$1')].some((name) =>
    plainHttpHosts.includes(name),
  );
  const origin = new URL(
    `${isPlain ? 'http' : 'https'}://${isPlain ? registry : answeringHost(registry)}`,
  );
  // A name with a port means the server at that port: a token server next to its registry, for example.
  const named = plainHttpHosts
    .filter((one) => one !== host && one.replace(/:\d+$/, '') === host)
    .map((one) => new URL(`http://${one}`).origin);
  return { origin, ownOrigins: new Set([origin.origin, ...named]) };
}
