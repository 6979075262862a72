import { machine, type Machine } from '../machine';
import { openStorageFolder, run, type Running, type RunningOptions } from '../running';
import type { Tls } from './server';
import { createRegistryService, type RegistryService, type ServiceOptions } from './service';
import { openDiskStorage } from './storage/disk/disk';

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
