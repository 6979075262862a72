import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** What arrived. */
export interface ScriptedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What is answered; a string or an object (sent as JSON) is the body of a 200. */
export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly body?: string | Uint8Array | object;
}

export type Script = (request: ScriptedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;

/** A server that says what a test wants to hear, right or wrong. */
export interface ScriptedServer {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  readonly origin: string;
  readonly requests: readonly ScriptedRequest[];
  /** Forgets the requests so far. */
  readonly reset: () => void;
  /** How many connections it got. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

/** `raw` answers at a lower level instead: it may break connections off. */
export async function createScriptedServer(
  script: Script,
  raw?: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    if (raw) {
      raw(request, response);
      return;
    }
    void answer(request, response);
  });
  server.on('connection', () => (connections += 1));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const received = { method, path, headers, body: await textOf(request) };
    requests.push(received);
    const { status = 200, headers: extra = {}, body = '' } = await script(received);
    const isPlain = typeof body === 'string' || body instanceof Uint8Array;
    const bytes = Buffer.from(isPlain ? body : JSON.stringify(body));
    const type = isPlain ? {} : { 'content-type': 'application/json' };
    response.writeHead(status, { 'content-length': String(bytes.length), ...type, ...extra });
    response.end(method === 'HEAD' ? undefined : bytes);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    origin: `http://${address}`,
    requests,
    reset: () => void (requests.length = 0),
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}
