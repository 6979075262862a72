import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machine, type Machine } from '../machine';
import { listen } from '../registry/server';
import { createTemplateService, type ServiceOptions, type TemplateService } from './service';
import { openDiskTemplateStorage } from './storage/disk';

export interface TemplateServerOptions extends ServiceOptions, Partial<Machine> {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** The folder to store in, made if needed. Default: a fresh temporary folder, removed on close. */
  readonly storage?: string;
}

/** A running registry of pipeline templates. */
export interface TemplateServer extends Omit<TemplateService, 'serve'> {
  /** Host and port, as references name it: `127.0.0.1:5003`. */
  readonly address: string;
  /** `http://127.0.0.1:5003` */
  readonly origin: string;
  /** Serves the same on one more port, and gives that origin: for redirects that lead elsewhere. */
  readonly openOrigin: () => Promise<string>;
  /** Breaks open connections off, and removes a temporary storage folder. */
  readonly close: () => Promise<void>;
}

/** Starts it. @throws {Error} when the port is in use or the storage folder cannot be written. */
export async function createTemplateServer(
  options: TemplateServerOptions = {},
): Promise<TemplateServer> {
  const { host = '127.0.0.1', port = 0 } = options;
  const folder = options.storage ?? (await mkdtemp(join(tmpdir(), 'templates-')));
  const storage = await openDiskTemplateStorage(folder);
  const own = { ...machine, ...options };
  const { serve, ...service } = createTemplateService(storage, options, own);
  const server = await listen(serve, host, port);
  const servers = [server];
  return {
    ...service,
    address: server.address,
    origin: server.origin,
    async openOrigin() {
      const another = await listen(serve, host, 0);
      servers.push(another);
      return another.origin;
    },
    async close() {
      await Promise.all(servers.map((each) => each.close()));
      if (options.storage !== undefined) return;
      // A request that was broken off may still be writing.
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
