import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** PEM. */
export interface Tls {
  readonly key: string;
  readonly cert: string;
}

export interface RunningServer {
  /** `127.0.0.1:5000`, `[::1]:5000` */
  readonly address: string;
  /** `http://127.0.0.1:5000` */
  readonly origin: string;
  /** Breaks open connections off. */
  close(): Promise<void>;
}

/** Serves `handler`. @throws {Error} that names the port when it is in use. */
export async function listen(
  handler: RequestListener,
  host: string,
  port: number,
  tls?: Tls,
): Promise<RunningServer> {
  const server = tls === undefined ? createHttpServer(handler) : createHttpsServer(tls, handler);
  // A 10 GiB upload over a slow line takes longer than Node's five minutes for a request.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE';
      reject(inUse ? new Error(`port ${port} of ${host} is in use`, { cause: error }) : error);
    });
    server.listen(port, host, resolve);
  });
  const { address: ip, family, port: bound } = server.address() as AddressInfo;
  const address = `${family === 'IPv6' ? `[${ip}]` : ip}:${bound}`;
  return {
    address,
    origin: `${tls === undefined ? 'http' : 'https'}://${address}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}
