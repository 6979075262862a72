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
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const instances = createInstances(options);
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(incoming);
    const instance = await instances.claim();
    try {
      const headers = { 'content-type': 'application/json' };
      const url = `${instance.origin}${incoming.url ?? '/'}`;
      const answer = await request(url, { method: 'POST', headers, body, dispatcher });
      response.writeHead(answer.statusCode).end(await answer.body.text());
    } catch {
      response.writeHead(503).end();
    } finally {
      instances.release(instance);
    }
  };

  await instances.start();
  const server = createServer((incoming, response) => void serve(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    instances: instances.count,
    async stop() {
      server.closeAllConnections();
      server.close();
      await instances.stop();
      await dispatcher.destroy();
    },
  };
}

interface Instances {
  readonly count: () => number;
  start(): Promise<void>;
  /** Resolves when one has room for a request, until that is released. */
  claim(): Promise<Instance>;
  release(instance: Instance): void;
  stop(): Promise<void>;
}

function createInstances(options: ServiceOptions): Instances {
  const { concurrency, mostInstances } = options;
  const instances: Instance[] = [];
  const starting = new Set<Promise<void>>();
  const waiting: ((instance: Instance) => void)[] = [];
  let isEnding = false;

  const seat = (instance: Instance): void => {
    while (instance.busy < concurrency && waiting.length > 0) {
      instance.busy++;
      waiting.shift()?.(instance);
    }
  };
  const startOne = async (): Promise<void> => {
    const started = await startFunction(options);
    const instance = { origin: started.origin, stop: () => started.stop(), busy: 0 };
    instances.push(instance);
    seat(instance);
  };
  const start = (): Promise<void> => {
    const started = startOne().finally(() => starting.delete(started));
    starting.add(started);
    return started;
  };
  return {
    count: () => instances.length,
    start,
    claim: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        const free = instances.find(({ busy }) => busy < concurrency);
        if (free) seat(free);
        const isFull = isEnding || instances.length + starting.size >= mostInstances;
        if (waiting.length > starting.size * concurrency && !isFull) {
          start().catch((error: unknown) => options.onCrash(error as Error));
        }
      }),
    release(instance) {
      instance.busy--;
      seat(instance);
    },
    async stop() {
      // One that still starts would miss what is taken away after this.
      isEnding = true;
      await Promise.all(starting);
      await Promise.all(instances.map((instance) => instance.stop()));
    },
  };
}
