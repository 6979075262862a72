import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machine, type Machine } from '../machine';
import { listen, type Tls } from './server';
import { createRegistryService, type RegistryService, type ServiceOptions } from './service';
import { openDiskStorage } from './storage/disk/disk';

export interface RegistryOptions extends ServiceOptions, Partial<Machine> {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** The folder to store in, made if needed. Default: a fresh temporary folder, removed on close. */
  readonly storage?: string;
  /** Serves TLS with this key and certificate (PEM). */
  readonly tls?: Tls;
}

/** A running OCI registry. */
export interface Registry extends Omit<RegistryService, 'serve'> {
  /** Host and port, as references name it: `127.0.0.1:5000`. */
  readonly address: string;
  /** `http://127.0.0.1:5000` */
  readonly origin: string;
  /** Serves the same on one more port, and gives that origin: for redirects and Locations that lead elsewhere. */
  readonly openOrigin: () => Promise<string>;
  /** Breaks open connections off, and removes a temporary storage folder. */
  readonly close: () => Promise<void>;
}

/** Starts a registry. @throws {Error} when the port is in use or the storage folder cannot be written. */
export async function createRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const { host = '127.0.0.1', port = 0 } = options;
  const own = { ...machine, ...options };
  const folder = options.storage ?? (await mkdtemp(join(tmpdir(), 'registry-')));
  const storage = await openDiskStorage(folder, own);
  const { serve, ...service } = createRegistryService(storage, options, own);
  const removeTemporary = async (): Promise<void> => {
    if (options.storage !== undefined) return;
    // A request that was broken off may still be writing.
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const server = await listen(serve, host, port, options.tls).catch(async (error: unknown) => {
    await removeTemporary();
    throw error;
  });
  const servers = [server];

  return {
    ...service,
    address: server.address,
    origin: server.origin,
    async openOrigin() {
      const another = await listen(serve, host, 0, options.tls);
      servers.push(another);
      return another.origin;
    },
    async close() {
      await Promise.all(servers.map((each) => each.close()));
      await removeTemporary();
    },
  };
}
