import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, Server } from 'node:net';
import { listenOnLoopback, type Parent } from './loopback';

// eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was
const original = Server.prototype.listen;
afterEach(() => {
  Server.prototype.listen = original;
});

describe('listenOnLoopback', () => {
  it('binds to 127.0.0.1 and reports the port', async () => {
    const reported: unknown[] = [];
    listenOnLoopback({
      send: (message) => reported.push(message),
      once: jest.fn(),
      exit: jest.fn(),
    });
    const server = createServer();
    const ready = jest.fn();
    server.listen('0', ready);
    await once(server, 'listening');
    const { address, port } = server.address() as AddressInfo;
    expect(address).toBe('127.0.0.1');
    expect(reported).toEqual([{ port }]);
    expect(ready).toHaveBeenCalledTimes(1);
    server.close();
  });

  it('ends the process that has lost its parent', () => {
    let lose = () => {};
    const exit = jest.fn();
    const parent: Parent = { once: (_, listener) => (lose = listener), exit };
    listenOnLoopback(parent);
    lose();
    expect(exit).toHaveBeenCalledTimes(1);
  });
});
