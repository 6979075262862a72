import { type AddressInfo, Server } from 'node:net';

type Listen = (this: Server, options: object, ready?: () => void) => Server;

/** The process that started this one, as far as it matters here: `process` itself. */
export interface Parent {
  send?(message: { readonly port: number }): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
  exit(): void;
}

/**
 * Adapts this process's servers to the local stack before the functions-framework starts one. The framework listens on
 * every interface, on a given port. Afterwards it listens on 127.0.0.1 only, accepts port 0, and reports the port to
 * the parent. A process that loses its parent ends.
 */
export function listenOnLoopback(parent: Parent): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called below with the server as this
  const listen = Server.prototype.listen as Listen;
  Server.prototype.listen = function (this: Server, port: string, ready?: () => void): Server {
    this.once('listening', () => parent.send?.({ port: (this.address() as AddressInfo).port }));
    return listen.call(this, { port: Number(port), host: '127.0.0.1' }, ready);
  } as typeof Server.prototype.listen;
  parent.once('disconnect', () => parent.exit());
}
