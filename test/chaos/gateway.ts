import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import type { Random } from '../support/random';

/**
 * What stands before the functions' processes, as Cloud Run does: picks one that runs, and answers 503 when it is gone in
 * the middle. On top it delivers a share of the messages twice, and holds a share of them back.
 */
export interface Gateway {
  /** Where the subscriptions push to, by the function's folder: `http://127.0.0.1:40000/plan-copies`. */
  readonly originOf: (name: string) => string;
  readonly figures: () => GatewayFigures;
  /** Resolves when every message that was seen is acknowledged and none has come for so long, or it is to stop. */
  readonly whenQuiet: (milliseconds: number, stop: AbortSignal) => Promise<void>;
  /** The ids of messages that came and were never acknowledged. */
  readonly open: () => readonly string[];
  readonly close: () => Promise<void>;
}

export interface GatewayFigures {
  readonly messages: number;
  readonly deliveries: number;
  readonly duplicates: number;
  readonly heldBack: number;
  /** Deliveries that were not acknowledged. */
  readonly refused: number;
}

export interface GatewayOptions {
  readonly random: Random;
  /** Shares of the deliveries, 0 to 1. */
  readonly duplicate: number;
  readonly reorder: number;
  readonly upToMs: number;
  /** The origins of a function's processes that run now. */
  readonly running: (name: string) => readonly string[];
}

const UNTIL_ONE_RUNS_MS = 50;

export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { random, upToMs } = options;
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const acked = new Map<string, boolean>();
  const figures = { deliveries: 0, duplicates: 0, heldBack: 0, refused: 0 };
  let inFlight = 0;
  let last = performance.now();

  const forward = async (name: string, path: string, body: Buffer): Promise<number> => {
    inFlight++;
    try {
      for (;;) {
        const origins = options.running(name);
        if (origins.length === 0) {
          await sleep(UNTIL_ONE_RUNS_MS);
          continue;
        }
        const answer = await request(`${random.pick(origins)}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          dispatcher: agent,
        });
        await answer.body.dump();
        return answer.statusCode;
      }
    } catch {
      return 503;
    } finally {
      inFlight--;
      last = performance.now();
    }
  };

  const deliver = async (incoming: IncomingMessage): Promise<number> => {
    last = performance.now();
    const body = await buffer(incoming);
    const [, name = '', ...path] = (incoming.url ?? '').split('/');
    const { message } = JSON.parse(body.toString()) as { message: { messageId: string } };
    const key = `${path.at(-1) ?? ''} ${message.messageId}`;
    if (!acked.has(key)) acked.set(key, false);
    figures.deliveries++;
    const go = async (): Promise<number> => forward(name, `/${path.join('/')}`, body);
    if (random.chance(options.duplicate)) {
      figures.duplicates++;
      inFlight++;
      void sleep(random.next() * upToMs)
        .then(go)
        .finally(() => inFlight--);
    }
    if (random.chance(options.reorder)) {
      figures.heldBack++;
      await sleep(random.next() * upToMs);
    }
    const status = await go();
    if (status < 300) acked.set(key, true);
    else figures.refused++;
    return status;
  };

  const server = createServer((incoming, answer) => {
    void deliver(incoming).then(
      (status) => answer.writeHead(status).end(),
      () => answer.writeHead(500).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = () => [...acked].filter(([, isAcked]) => !isAcked).map(([key]) => key);

  return {
    originOf: (name) => `http://127.0.0.1:${port}/${name}`,
    figures: () => ({ ...figures, messages: acked.size }),
    open,
    async whenQuiet(milliseconds, stop) {
      const isQuiet = () =>
        inFlight === 0 && open().length === 0 && performance.now() - last >= milliseconds;
      while (!stop.aborted && !isQuiet()) await sleep(100);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await agent.destroy();
    },
  };
}
