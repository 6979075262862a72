/*
 * Loaded into a function's process before the framework (`node --require`), because the framework listens on every
 * interface and on a port that must be known: here it listens on 127.0.0.1 alone, may be given port 0, and tells its
 * parent which port it got. Without a parent it ends.
 */
import { type AddressInfo, Server } from 'node:net';

type Listen = (this: Server, options: object, ready?: () => void) => Server;

// eslint-disable-next-line @typescript-eslint/unbound-method -- called below with the server as this
const listen = Server.prototype.listen as Listen;

Server.prototype.listen = function (this: Server, port: string, ready?: () => void): Server {
  this.once('listening', () => process.send?.({ port: (this.address() as AddressInfo).port }));
  return listen.call(this, { port: Number(port), host: '127.0.0.1' }, ready);
} as typeof Server.prototype.listen;

process.once('disconnect', () => process.exit());
