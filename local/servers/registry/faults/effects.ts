import type { Clock } from '../../../../shared/system/clock';
import { errorListReply } from '../errors';
import type { Endpoint, Exchange, Reply } from '../reply';
import type { Kind } from '../routes';
import { corrupt, cut, drip, resize, stall, type Step } from './bytes';
import type { Answer, Detour, Effect } from './fault';

/** What a fault needs to know of the request that it meets. */
export interface Struck<K extends string = Kind> {
  /** What would answer without the fault. */
  readonly answer: Endpoint<K>;
  /** A path that serves what is asked for to everybody. */
  readonly downloadPath: (exchange: Exchange<K>) => string;
  /** Aborted when the connection is closed. */
  readonly gone: AbortSignal;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** How whatever takes its time waits, and for how long at most. */
type Waiting = Pick<Struck, 'clock' | 'gone'>;

/** Answers under a fault. `undefined`: break the connection off. */
export async function answerWith<K extends string>(
  effect: Effect,
  exchange: Exchange<K>,
  struck: Struck<K>,
): Promise<Reply | undefined> {
  if (effect.delayMs !== undefined) {
    await struck.clock.sleep(effect.delayMs, struck.gone);
  }
  await effect.before?.();
  const request = spoilRequest(effect, exchange, struck);
  const reply = effect.answer
    ? await literalReply(effect.answer, request)
    : await struck.answer(request);
  await effect.afterwards?.();
  if (effect.dropAnswer) return undefined;
  const found = reply.status === 200 || reply.status === 206;
  if (effect.redirect !== undefined && found) {
    const path = struck.downloadPath(exchange);
    return { status: 302, headers: { location: detour(effect.redirect, exchange.origin, path) } };
  }
  return spoilReply(effect, exchange, reply, struck);
}

function spoilRequest<K extends string>(
  effect: Effect,
  exchange: Exchange<K>,
  waiting: Waiting,
): Exchange<K> {
  const { cutRequestAfter, requestHeaders = {} } = effect;
  const steps = [cutRequestAfter !== undefined && cut(cutRequestAfter), ...pace(effect, waiting)];
  return {
    ...exchange,
    body: compose(steps)(exchange.body),
    headers: overlay(exchange.headers, requestHeaders),
  };
}

function spoilReply(
  effect: Effect,
  { origin }: { readonly origin: string },
  reply: Reply,
  waiting: Waiting,
): Reply {
  const { corruptAt, bodyLength, cutAfter } = effect;
  const steps = [
    corruptAt !== undefined && corrupt(corruptAt),
    bodyLength !== undefined && resize(bodyLength),
    cutAfter !== undefined && cut(cutAfter),
    ...pace(effect, waiting),
  ];
  const headers = {
    ...reply.headers,
    ...(bodyLength !== undefined && { 'content-length': bodyLength }),
    ...relocate(effect.location, origin, reply.headers['location']),
  };
  return {
    ...reply,
    headers: overlay(headers, effect.headers ?? {}),
    ...(steps.some((step) => step !== false) && { through: compose(steps) }),
  };
}

function pace({ stallAfter, bytesPerSecond }: Effect, { clock, gone }: Waiting): (Step | false)[] {
  return [
    stallAfter !== undefined && stall(stallAfter, gone),
    bytesPerSecond !== undefined && drip(bytesPerSecond, gone, clock),
  ];
}

function compose(steps: readonly (Step | false)[]): Step {
  return (body) => steps.reduce((stream, step) => (step === false ? stream : step(stream)), body);
}

async function literalReply(
  answer: Answer,
  { body: sent }: { readonly body: AsyncIterable<Buffer> },
): Promise<Reply> {
  const { status, headers = {}, errors, body, late } = answer;
  if (late) await drain(sent);
  if (errors !== undefined) {
    const problems = errors.map((error) => ({ message: error.code.toLowerCase(), ...error }));
    return errorListReply(status, problems, headers);
  }
  return { status, headers, ...(body !== undefined && { body: Buffer.from(body) }) };
}

async function drain(body: AsyncIterable<Buffer>): Promise<void> {
  const bytes = body[Symbol.asyncIterator]();
  while (!(await bytes.next()).done);
}

function relocate(
  to: Detour | undefined,
  origin: string,
  location: unknown,
): { readonly location?: string } {
  if (to === undefined || typeof location !== 'string') return {};
  const { pathname, search } = new URL(location, origin);
  return { location: detour(to, origin, pathname + search) };
}

function detour(to: Detour, origin: string, path: string): string {
  if (to === 'relative') return path;
  return `${to === 'absolute' ? origin : to}${path}`;
}

/** `headers` with `changes`; null takes one away. */
function overlay<T extends object>(
  headers: T,
  changes: Readonly<Record<string, string | null>>,
): T {
  const entries = Object.entries({ ...headers, ...changes });
  return Object.fromEntries(entries.filter(([, value]) => value !== null)) as T;
}
