import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import { startFunction, type FunctionOptions } from '../local/stack/function-process';

export interface ServiceOptions extends FunctionOptions {
  /** Requests that one instance takes at once. */
  readonly concurrency: number;
  readonly mostInstances: number;
}

/** A function as Cloud Run serves it: one address, and as many instances as its requests need. */
export interface Service {
  readonly origin: string;
  /** How many were needed so far. */
  readonly instances: () => number;
  stop(): Promise<void>;
}

interface Instance {
  readonly origin: string;
  readonly stop: () => Promise<void>;
  busy: number;
}

/** Starts with one instance; another is started when all are full, and a request waits for whichever is free first. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { concurrency, mostInstances } = options;
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const instances: Instance[] = [];
  const waiting: ((instance: Instance) => void)[] = [];
  let starting = 0;

  const seat = (instance: Instance): void => {
    while (instance.busy < concurrency && waiting.length > 0) {
      instance.busy++;
      waiting.shift()?.(instance);
    }
  };
  const start = async (): Promise<void> => {
    starting++;
    const started = await startFunction(options).finally(() => starting--);
    const instance = { origin: started.origin, stop: () => started.stop(), busy: 0 };
    instances.push(instance);
    seat(instance);
  };
  const claim = (): Promise<Instance> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      const free = instances.find(({ busy }) => busy < concurrency);
      if (free) seat(free);
      const room = starting * concurrency;
      if (waiting.length > room && instances.length + starting < mostInstances) {
        start().catch((error: unknown) => options.onCrash(error as Error));
      }
    });
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(incoming);
    const instance = await claim();
    try {
      const headers = { 'content-type': 'application/json' };
      const url = `${instance.origin}${incoming.url ?? '/'}`;
      const answer = await request(url, { method: 'POST', headers, body, dispatcher });
      response.writeHead(answer.statusCode).end(await answer.body.text());
    } catch {
      response.writeHead(503).end();
    } finally {
      instance.busy--;
      seat(instance);
    }
  };

  await start();
  const server = createServer((incoming, response) => void serve(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    instances: () => instances.length,
    async stop() {
      server.closeAllConnections();
      server.close();
      await Promise.all(instances.map((instance) => instance.stop()));
      await dispatcher.destroy();
    },
  };
}
