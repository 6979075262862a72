import type { Readable } from 'node:stream';
import { isRegistryFailure, NetworkError } from '../../../shared/oci/http/errors';
import type { HttpRequest, HttpResponse, Send } from '../../../shared/oci/http/transport';
import type { Random } from '../../support/random';
import { createBody, type OpenBody } from './body';
import type { Answer, Fate } from './fate';
import { createHeldWrites, type HeldWrites } from './held-writes';
import type { Life } from '../time/life';
import type { Scheduler } from '../time/scheduler';
import type { Trace } from '../trace';

/** What stands at a host: it answers at once, and waits for nothing. */
export type Server = (request: ServedRequest) => Promise<Answer>;

export type ServedRequest = Pick<HttpRequest, 'method' | 'url' | 'headers'> & {
  readonly body: Buffer;
  /** The process that sends it. */
  readonly from: string;
  /** When it was sent: milliseconds since the simulation began. */
  readonly sentAt: number;
};

export interface NetworkDeps {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly trace: Trace;
  /** By host. */
  readonly servers: ReadonlyMap<string, Server>;
  readonly fateOf: (request: HttpRequest) => Fate;
  /** Told of each request that has taken effect. */
  readonly onServed: (request: ServedRequest, answer: Answer) => Promise<void>;
}

export interface Network {
  /** What one process sends by. */
  readonly senderFor: (life: Life) => Send;
  readonly requests: () => number;
}

/** Below the least back-off: what a process has sent before it ended must not land after its message comes again. */
export const LATE_LANDING_MS = 8000;

/** Every request, every answer and every pause in one is an event of its own. */
export function createNetwork(parts: NetworkDeps): Network {
  let requests = 0;
  const deps = { ...parts, held: createHeldWrites(parts) };
  return {
    requests: () => requests,
    senderFor: (life) => async (request) => {
      requests += 1;
      request.traffic.requests += 1;
      const fate = deps.fateOf(request);
      const number = requests;
      const tell = (what: string): void => deps.trace.tell(life.name, `#${number} ${what}`);
      tell(
        `${request.method} ${request.url.href}${fate.name === undefined ? '' : ` (${fate.name})`}`,
      );
      const body = await collect(request);
      return exchange(deps, { life, request: { ...request, body }, fate, tell });
    },
  };
}

/** What is sent is sent whole: that a body comes in pieces is the source's doing, whose answer came in pieces. */
async function collect({ method, url, body, signal }: HttpRequest): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  if (body instanceof Uint8Array) return Buffer.from(body);
  try {
    return await readAll(body);
  } catch (error) {
    signal?.throwIfAborted();
    if (isRegistryFailure(error)) throw error;
    throw new NetworkError(method, url.href, error);
  }
}

async function readAll(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

interface Sent {
  readonly life: Life;
  readonly request: Omit<HttpRequest, 'body'> & { readonly body: Buffer };
  readonly fate: Fate;
  readonly tell: (what: string) => void;
}

function exchange(
  deps: NetworkDeps & { readonly held: HeldWrites },
  sent: Sent,
): Promise<HttpResponse> {
  const { scheduler } = deps;
  const { life, request, fate, tell } = sent;
  const { signal } = request;
  return new Promise((resolve, reject) => {
    const what = `${request.method} ${request.url.pathname}`;
    let isOver = false;
    let stopComing = (): void => undefined;
    const comes = (work: () => void): void => {
      if (!isOver) stopComing = life.after(fate.back, `an answer to ${what}`, work);
    };
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      stopWaiting();
      stopComing();
      forget();
      signal?.removeEventListener('abort', abort);
      return true;
    };
    const fail = (code: string): void => {
      if (!end()) return;
      tell(code);
      reject(networkError(request, code));
    };
    const answer = (given: Answer): void => {
      if (!end()) return;
      tell(`-> ${given.status}`);
      const { method, url } = request;
      const { status, headers } = given;
      const body = openBody(deps, sent, given.body);
      resolve({ method, url, status, headers, body });
    };

    const sentAt = scheduler.now();
    const serve = async (): Promise<Answer> => {
      const served = { ...request, ...arriving(request, fate), from: life.name, sentAt };
      const given = await deps.servers.get(request.url.host)!(served);
      await deps.onServed(served, given);
      if (request.method === 'PUT') deps.held.wrote(request);
      return given;
    };
    const serveLate = (delay: number): void => {
      let isDone = false;
      const land = (): void => {
        if (isDone) return;
        isDone = true;
        tell('takes effect now');
        void serve();
      };
      scheduler.after(delay, land);
      if (fate.isHeld) deps.held.add(request, land);
    };
    const arrive = (): void => {
      if (fate.breaks === 'before') {
        comes(() => fail('ECONNRESET'));
        return;
      }
      const { instead } = fate;
      if (instead !== undefined) {
        if (instead.doneAfter !== undefined) serveLate(instead.doneAfter);
        comes(() => answer(instead.answer));
        return;
      }
      void serve().then((given) => {
        comes(() => (fate.breaks === 'after' ? fail('ECONNRESET') : answer(given)));
      });
    };
    const takeBack = scheduler.after(fate.there, arrive);
    // What is on its way may arrive all the same when nobody waits for the answer any more.
    const abandon = (): boolean => {
      const isTakenBack = deps.random.chance(0.5);
      if (isTakenBack) takeBack();
      return isTakenBack;
    };
    const outlive = (): void => {
      const isLater = sentAt + fate.there - scheduler.now() > LATE_LANDING_MS;
      if (abandon() || !isLater) return;
      takeBack();
      scheduler.after(LATE_LANDING_MS, arrive);
    };
    const abort = (): void => {
      if (!end()) return;
      abandon();
      tell('is given up');
      reject(signal?.reason as Error);
    };

    const stopWaiting = life.after(request.answerTimeoutMs, what, () =>
      fail('UND_ERR_HEADERS_TIMEOUT'),
    );
    const forget = life.onEnd(outlive);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort);
    if (!deps.servers.has(request.url.host)) fail('ENOTFOUND');
  });
}

/** What a registry gets of a body. */
function arriving(
  { body, headers }: Sent['request'],
  { sentShare = 1 }: Fate,
): Pick<ServedRequest, 'body' | 'headers'> {
  if (sentShare === 1) return { body, headers };
  const part = body.subarray(0, Math.floor(body.length * sentShare));
  return { body: part, headers: { ...headers, 'content-length': String(part.length) } };
}

function openBody({ scheduler }: NetworkDeps, sent: Sent, bytes: Buffer): OpenBody {
  const { life, fate } = sent;
  const { method, url, idleTimeoutMs, signal } = sent.request;
  const body = createBody(life, `${method} ${url.href}`, signal);
  const whole = method === 'HEAD' ? Buffer.alloc(0) : fate.isCorrupt ? corrupt(bytes) : bytes;
  const end = Math.floor(whole.length * (fate.cutAt ?? 1));
  const { count, pause } = fate.pieces ?? { count: 1, pause: 0 };
  const come = (piece: number): void => {
    if (life.hasEnded() || body.destroyed) return;
    const [from, to] = [piece, piece + 1].map((at) => Math.floor((end * at) / count));
    body.push(whole.subarray(from, to));
    if (piece + 1 < count) {
      scheduler.after(Math.min(pause, idleTimeoutMs), () => {
        if (pause > idleTimeoutMs) body.fail('UND_ERR_BODY_TIMEOUT');
        else come(piece + 1);
      });
    } else if (end < whole.length) scheduler.after(1, () => body.fail('UND_ERR_SOCKET'));
    else body.push(null);
  };
  come(0);
  return body;
}

function corrupt(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  const middle = other.length >> 1;
  if (other.length > 0) other[middle] = other[middle]! ^ 0xff;
  return other;
}

function networkError(
  { method, url }: { readonly method: string; readonly url: URL },
  code: string,
) {
  return new NetworkError(method, url.href, Object.assign(new Error(code), { code }));
}
