import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen, type Tls } from './registry/server';

/** Where a server listens, and what it stores in. */
export interface RunningOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** The folder to store in, made if needed. Default: a fresh temporary folder, removed on close. */
  readonly storage?: string;
}

/** A server that can be reached. */
export interface Running {
  /** Host and port, as references name it: `127.0.0.1:5000`. */
  readonly address: string;
  /** `http://127.0.0.1:5000` */
  readonly origin: string;
  /** Serves the same on one more port, and gives that origin: for redirects and Locations that lead elsewhere. */
  readonly openOrigin: () => Promise<string>;
  /** Breaks open connections off, and removes a temporary storage folder. */
  readonly close: () => Promise<void>;
}

interface StorageFolder {
  readonly folder: string;
  /** Of a folder that was given: does nothing. */
  readonly removeTemporary: () => Promise<void>;
}

export async function openStorageFolder(
  prefix: string,
  { storage }: Pick<RunningOptions, 'storage'>,
): Promise<StorageFolder> {
  const folder = storage ?? (await mkdtemp(join(tmpdir(), prefix)));
  return {
    folder,
    async removeTemporary() {
      if (storage !== undefined) return;
      // A request that was broken off may still be writing.
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Starts to serve. @throws {Error} when the port is in use; nothing is left behind then. */
export async function run(
  serve: Parameters<typeof listen>[0],
  { host = '127.0.0.1', port = 0, tls }: RunningOptions & { readonly tls?: Tls },
  { removeTemporary }: Pick<StorageFolder, 'removeTemporary'>,
): Promise<Running> {
  const server = await listen(serve, host, port, tls).catch(async (error: unknown) => {
    await removeTemporary();
    throw error;
  });
  const servers = [server];
  return {
    address: server.address,
    origin: server.origin,
    async openOrigin() {
      const another = await listen(serve, host, 0, tls);
      servers.push(another);
      return another.origin;
    },
    async close() {
      await Promise.all(servers.map((each) => each.close()));
      await removeTemporary();
    },
  };
}
