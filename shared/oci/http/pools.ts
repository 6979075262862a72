import { lookup as dnsLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Pool, buildConnector } from 'undici';
import { isMetadataAddress, isPublicAddress, bareHost } from './urls';
import { AddressRefusedError } from './errors';

export interface PoolOptions {
  readonly connectTimeoutMs: number;
  /** Resolves names; `dns.lookup` by default. */
  readonly lookup?: LookupFunction;
}

/** Connections kept for each origin. */
export interface Pools {
  /**
   * `configured`: the host is the registry that the operator named. It may be anywhere but at a metadata server, other
   * hosts must be public. Both kinds never share a connection, so an open one says nothing about who may use it.
   *
   * @throws {Error} after `close`.
   */
  poolFor(url: URL, configured: boolean): Pool;
  /** Breaks off what is under way. */
  close(): Promise<void>;
}

const CONNECTIONS_PER_ORIGIN = 16;
/** Registries may redirect to ever new hosts. */
const MAX_ORIGINS = 256;
/** Google's front ends keep idle connections for longer; a new one costs two round trips. */
const KEEP_ALIVE_MS = 60_000;

export function createPools(options: PoolOptions): Pools {
  const pools = new Map<string, Pool>();
  let isClosed = false;

  const open = (url: URL, configured: boolean): Pool =>
    new Pool(url.origin, {
      allowH2: false,
      connections: CONNECTIONS_PER_ORIGIN,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: 10 * KEEP_ALIVE_MS,
      connect: guardedConnector(options, configured),
    });

  return {
    poolFor(url, configured) {
      if (isClosed) throw new Error('the registry client is closed');
      const key = [configured, url.origin].join();
      const pool = pools.get(key) ?? open(url, configured);
      // Last in the map is last to go.
      pools.delete(key);
      pools.set(key, pool);
      for (const [oldest, unused] of pools) {
        if (pools.size <= MAX_ORIGINS) break;
        pools.delete(oldest);
        void unused.close();
      }
      return pool;
    },
    async close() {
      isClosed = true;
      await Promise.all([...pools.values()].map(async (pool) => pool.destroy()));
    },
  };
}

/** Checks the very address that is connected to, so that a name that changes its answer (DNS rebinding) gains nothing. */
function guardedConnector(options: PoolOptions, configured: boolean): buildConnector.connector {
  const isAllowed = configured
    ? (address: string) => !isMetadataAddress(address)
    : (address: string) => isPublicAddress(address);
  const connect = buildConnector({
    allowH2: false,
    timeout: options.connectTimeoutMs,
    // Then a lookup always asks for all addresses.
    autoSelectFamily: true,
    lookup: guardedLookup(withLocalhost(options.lookup ?? dnsLookup), isAllowed),
  });
  return (target, callback) => {
    const host = bareHost(target.hostname);
    // Literal addresses are never looked up. A registry configured by its address may be at any.
    if (isIP(host) !== 0 && !configured && !isAllowed(host)) {
      callback(refusal(host, host), null);
      return;
    }
    connect(target, callback);
  };
}

/** Every name below `localhost` is this machine (RFC 6761, 6.3), which few resolvers know. */
function withLocalhost(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    if (hostname.endsWith('.localhost')) {
      callback(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ]);
    } else lookup(hostname, options, callback);
  };
}

function guardedLookup(
  lookup: LookupFunction,
  isAllowed: (address: string) => boolean,
): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, found) => {
      const addresses = Array.isArray(found) ? found : [];
      const refused = addresses.find(({ address }) => !isAllowed(address));
      callback(error ?? (refused ? refusal(hostname, refused.address) : null), addresses);
    });
  };
}

function refusal(host: string, address: string): AddressRefusedError {
  return new AddressRefusedError(
    host === address
      ? `${address} is not a public address, and not the configured registry: not connected`
      : `${host} resolves to ${address}, where no registry should point: not connected`,
  );
}
