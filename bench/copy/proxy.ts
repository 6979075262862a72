import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Transform } from 'node:stream';

/** Stands before a registry: makes it as far away as asked for, and counts. */
export interface Proxy {
  readonly address: string;
  /** Requests seen since the last time this was asked; plain HTTP only. */
  readonly requests: () => number;
  /** Connections opened since the last time this was asked. */
  readonly connections: () => number;
  close(): void;
}

/** A request line of the registry API; blob bytes that look like one are too rare to matter. */
const REQUEST_LINE = /(?:GET|HEAD|PUT|POST|PATCH|DELETE) \/v2\/\S* HTTP\/1\.1\r\n/g;
const LONGEST_LINE = 2048;

/**
 * Each direction is late by half of `roundTripMs`, and a connection takes one round trip to open: what a client sends first is
 * held back for as long as its handshake would have taken. Bandwidth is not limited.
 */
export async function startProxy(
  /** `host:port`; asked for each connection where it is not known yet. */
  upstream: string | (() => string),
  roundTripMs: number,
): Promise<Proxy> {
  const portOf = () => Number((typeof upstream === 'string' ? upstream : upstream()).split(':')[1]);
  const sockets = new Set<Socket>();
  let requests = 0;
  let connections = 0;
  // Half-open: what one side has sent before it ended is still on its way to the other.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections++;
    const registry = connect({ port: portOf(), host: '127.0.0.1', allowHalfOpen: true });
    for (const [socket, other] of [
      [client, registry],
      [registry, client],
    ] as const) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    const opened = roundTripMs === 0 ? undefined : sleep(roundTripMs);
    client
      .pipe(countRequests(() => requests++))
      .pipe(late(roundTripMs / 2, opened))
      .pipe(registry);
    registry.pipe(late(roundTripMs / 2)).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => [requests, (requests = 0)][0] ?? 0,
    connections: () => [connections, (connections = 0)][0] ?? 0,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function countRequests(count: () => void): Transform {
  let rest = '';
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const text = rest + chunk.toString('latin1');
      let end = 0;
      for (const match of text.matchAll(REQUEST_LINE)) {
        count();
        end = match.index + match[0].length;
      }
      rest = text.slice(Math.max(end, text.length - LONGEST_LINE));
      done(null, chunk);
    },
  });
}

/** Passes every chunk on after a while, in order; while one waits the next ones may come in. Nothing starts before `opened`. */
function late(milliseconds: number, opened?: Promise<void>): Transform {
  let last = Promise.resolve();
  return new Transform({
    highWaterMark: 16 * 1024 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      const due =
        milliseconds === 0
          ? undefined
          : (opened ?? Promise.resolve()).then(() => sleep(milliseconds));
      last = last.then(async () => {
        await due;
        this.push(chunk);
      });
      if (due === undefined) void last.then(() => done());
      else done();
    },
    flush(done) {
      void last.then(() => done());
    },
  });
}
