import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';

/** A wrapped push as an endpoint receives it. */
export interface Push {
  readonly path: string;
  readonly contentType: string | undefined;
  /** When it came, by `performance.now()`. */
  readonly at: number;
  readonly body: {
    readonly message: {
      readonly data?: string;
      readonly attributes?: Record<string, string>;
      readonly messageId: string;
      readonly publishTime: string;
      readonly publish_time: string;
    };
    readonly subscription: string;
    readonly deliveryAttempt?: number;
  };
  /** The message's data as text. */
  readonly data: string;
  /** Resolves when the connection that it came by is gone. */
  readonly hungUp: Promise<unknown>;
}

/** What the endpoint does: a status, or `undefined` to hang up without an answer, or `'silence'` never to answer. */
export type Answer = number | undefined | 'silence';

export interface PushEndpoint {
  readonly url: string;
  /** In the order of arrival. */
  readonly pushes: readonly Push[];
  close(): Promise<void>;
}

/** Starts a real HTTP endpoint for push subscriptions. */
export async function createPushEndpoint(
  answer: (push: Push) => Answer | Promise<Answer> = () => 200,
): Promise<PushEndpoint> {
  const pushes: Push[] = [];
  const ends = new WeakMap<Socket, Promise<unknown>>();
  const server = createServer((request, response) => {
    void (async () => {
      const body = JSON.parse(await text(request)) as Push['body'];
      const push = {
        path: request.url ?? '',
        contentType: request.headers['content-type'],
        at: performance.now(),
        body,
        data: Buffer.from(body.message.data ?? '', 'base64').toString(),
        hungUp: ends.get(request.socket)!,
      };
      pushes.push(push);
      const status = await answer(push);
      if (status === 'silence') return;
      if (status === undefined) request.socket.destroy();
      else if (status === 102) {
        response.writeProcessing();
        response.writeHead(500).end();
      } else response.writeHead(status).end('an answer');
    })();
  });
  server.on('connection', (socket) => ends.set(socket, once(socket, 'close')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, pushes, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
