import type { LookupFunction } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuthenticator, type FindCredentials, type GoogleTokens } from './auth';
import { createExchange, type RetryBudget } from './exchange';
import { DEFAULT_MANIFEST_LIMITS, type ManifestLimits } from './manifest';
import { createMountMemory } from './mounts';
import { createPauses, type Sleep } from './pauses';
import { createPools } from './pools';
import {
  formatReference,
  isGoogleRegistry,
  parseReference,
  type RepositoryName,
} from './reference';
import { createRegistryRepository } from './registry-repository';
import type { Repository, Traffic } from './repository';
import { createSend } from './transport';

/** Milliseconds. */
export interface Timeouts {
  readonly connect: number;
  /** Until the answer to a small request begins, and for each pause in it. */
  readonly answer: number;
  /** Until the answer to a blob GET begins. */
  readonly blobAnswer: number;
  /** The longest pause in a blob's bytes. */
  readonly blobIdle: number;
  /** Until the answer to an upload's last byte begins; a second for each 50 MiB is added. */
  readonly commit: number;
}

export interface RegistryClientDeps {
  /** Hosts, with or without port, that speak plain HTTP; without port, all ports are meant. */
  readonly plainHttpHosts: readonly string[];
  /** Bearer tokens for Google's registries. Without them those are asked as all others are. */
  readonly googleTokens?: GoogleTokens;
  /** Credentials for all other registries. Default: none. */
  readonly findCredentials?: FindCredentials;
  readonly manifestLimits?: Partial<ManifestLimits>;
  readonly timeouts?: Partial<Timeouts>;
  readonly userAgent?: string;
  /** Certificates to trust besides the usual ones, PEM. */
  readonly ca?: string;
  readonly lookup?: LookupFunction;
  readonly sleep?: Sleep;
  readonly random?: () => number;
  readonly now?: () => number;
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
}

/**
 * Speaks to registries. Made once for a process: connections, tokens and what is known about hosts are shared by all
 * copies, while signal, traffic and identity belong to an opened repository.
 */
export interface RegistryClient {
  /** No request is sent. @throws {InvalidReferenceError} for a name that cannot be one. */
  open(name: RepositoryName, options: OpenOptions): Repository;
  /** Breaks off what is under way and closes all connections. */
  close(): Promise<void>;
}

const DEFAULT_TIMEOUTS: Timeouts = {
  connect: 10_000,
  answer: 30_000,
  blobAnswer: 60_000,
  blobIdle: 60_000,
  commit: 60_000,
};
/** A registry may be upgraded: then its referrers API is found within the hour. */
const REFERRERS_ABSENT_MS = 3_600_000;
/** Google's quota counts by the minute; others ask for short breaks. */
const FIRST_PAUSE_MS = { google: 10_000, other: 1000 } as const;

export function createRegistryClient(deps: RegistryClientDeps): RegistryClient {
  const { now = Date.now, random = Math.random, sleep = defaultSleep } = deps;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...deps.timeouts };
  const limits = { ...DEFAULT_MANIFEST_LIMITS, ...deps.manifestLimits };
  const pools = createPools({
    connectTimeoutMs: timeouts.connect,
    ...(deps.lookup !== undefined && { lookup: deps.lookup }),
    ...(deps.ca !== undefined && { ca: deps.ca }),
  });
  const send = createSend(pools, deps.userAgent ?? 'registry-relay');
  const authenticator = createAuthenticator({
    send,
    now,
    tokenTimeoutMs: timeouts.answer,
    ...(deps.googleTokens !== undefined && { googleTokens: deps.googleTokens }),
    ...(deps.findCredentials !== undefined && { findCredentials: deps.findCredentials }),
  });
  const pauses = createPauses({
    now,
    sleep,
    random,
    firstMs: (host) =>
      isGoogleRegistry(host.split('/', 1).join('')) ? FIRST_PAUSE_MS.google : FIRST_PAUSE_MS.other,
  });
  const mounts = createMountMemory();
  const referrersAbsentUntil = new Map<string, number>();

  return {
    open(name, { access, identity, signal, traffic = emptyTraffic(), retryBudget }) {
      const { registry, repository } = parseReference(
        formatReference({ registry: name.registry, repository: name.repository }),
      );
      const origin = originOf(registry, deps.plainHttpHosts);
      const isGoogle = isGoogleRegistry(registry) && deps.googleTokens !== undefined;
      const exchange = createExchange(
        {
          send,
          authenticator,
          pauses,
          sleep,
          random,
          now,
          answerTimeoutMs: timeouts.answer,
          idleTimeoutMs: timeouts.answer,
        },
        {
          access: {
            registry,
            origin,
            repository,
            access,
            ...(isGoogle && { google: { identity } }),
          },
          traffic,
          ...(signal !== undefined && { signal }),
          ...(retryBudget !== undefined && { retryBudget }),
        },
      );
      const key = `${registry}/${repository}`;
      return createRegistryRepository({
        name: { registry, repository },
        origin,
        exchange,
        traffic,
        mounts,
        limits,
        sleep,
        random,
        now,
        ...(signal !== undefined && { signal }),
        withoutReferrers: {
          has: () => (referrersAbsentUntil.get(key) ?? 0) > now(),
          add: () => void referrersAbsentUntil.set(key, now() + REFERRERS_ABSENT_MS),
        },
        answerTimeoutMs: timeouts.blobAnswer,
        idleTimeoutMs: timeouts.blobIdle,
        commitTimeoutMs: timeouts.commit,
      });
    },
    close: () => pools.close(),
  };
}

export function emptyTraffic(): Traffic {
  return { requests: 0, bytesRead: 0, bytesWritten: 0 };
}

function originOf(registry: string, plainHttpHosts: readonly string[]): URL {
  const host = registry.replace(/:\d+$/, '');
  const isPlain = plainHttpHosts.some((plain) => plain === registry || plain === host);
  return new URL(`${isPlain ? 'http' : 'https'}://${registry}`);
}

const defaultSleep: Sleep = async (milliseconds, signal) => {
  await delay(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(
    (error: unknown) => {
      throw signal?.aborted === true ? signal.reason : error;
    },
  );
};
