import { machine, type Machine } from '../machine';
import { listen } from '../registry/server';
import { createBucketsService, type BucketsService, type ServiceOptions } from './service';

export interface BucketsOptions extends ServiceOptions, Partial<Machine> {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
}

/** A running Cloud Storage. */
export interface Buckets extends Omit<BucketsService, 'serve'> {
  /** Host and port: `127.0.0.1:4443`. */
  readonly address: string;
  /** What STORAGE_EMULATOR_HOST and a client's `apiEndpoint` take: `http://127.0.0.1:4443`. */
  readonly origin: string;
  /** Breaks open connections off. */
  readonly close: () => Promise<void>;
}

/** Starts a Cloud Storage. @throws {Error} when the port is in use. */
export async function createBuckets(options: BucketsOptions = {}): Promise<Buckets> {
  const { host = '127.0.0.1', port = 0 } = options;
  let origin = '';
  const own = { ...machine, ...options };
  const { serve, ...service } = createBucketsService(options, () => origin, own);
  const server = await listen(serve, host, port);
  origin = server.origin;
  return { ...service, address: server.address, origin, close: () => server.close() };
}
