import type { Machine } from '../../../local/servers/machine';
import { call } from '../../../local/servers/registry/in-process';
import type { Serve } from '../../../local/servers/registry/reply';
import {
  createRegistryService,
  type ServiceOptions,
} from '../../../local/servers/registry/service';
import { createMemoryStorage } from '../../../local/servers/registry/storage/memory';
import { VENDOR_HOST, VENDOR_REPOSITORY, type Customer, type Role } from '../customer';
import type { Server } from '../network';
import { forgetful } from './forgetful';

export interface ServersDeps {
  readonly machine: Machine;
  /** Whether customers' registries forget what is too large. */
  readonly areForgetful: boolean;
  /** Publishes what the vendor's registry tells. */
  readonly announce: (message: object) => void;
}

/** What is special about a customer's registry. */
const REGISTRIES: Readonly<Partial<Record<Role, ServiceOptions>>> = {
  'no referrers API': { referrers: false },
  lax: { sparse: true },
  collecting: { collects: true },
};

/** The embedded servers, in memory, by host. */
export function openServers(
  customers: readonly Customer[],
  { machine, announce, areForgetful }: ServersDeps,
): ReadonlyMap<string, Server> {
  const open = (options: ServiceOptions): Server =>
    serverOf(createRegistryService(createMemoryStorage(machine), options, machine).serve);
  const servers = new Map<string, Server>();
  servers.set(
    VENDOR_HOST,
    open({
      onMessage(message) {
        const about =
          ('tag' in message ? message.tag : undefined) ??
          ('digest' in message ? message.digest : '');
        if (about.startsWith(`${VENDOR_REPOSITORY}/`)) announce(message);
      },
    }),
  );
  for (const { host, role } of customers) {
    if (servers.has(host)) continue;
    const server = open(REGISTRIES[role] ?? {});
    servers.set(host, areForgetful ? forgetful('huge', server) : server);
  }
  return servers;
}

function serverOf(serve: Serve): Server {
  return ({ method, url, headers, body }) => call(serve, { method, url, headers, body });
}
