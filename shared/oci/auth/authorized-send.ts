import { Readable } from 'node:stream';
import type { Access, Requester, Authenticator } from './auth';
import { dropBody } from '../http/bodies';
import { headerOf, type HttpResponse, type Method, type Send } from '../http/transport';
import { resolveServerUrl } from '../http/urls';

/** A request to a registry, and which answers will do. */
export interface Call {
  readonly method: Method;
  readonly url: URL;
  readonly accept: readonly number[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable;
  /** False when sending it twice would do harm, or cannot be done since the body is gone. Default: true. */
  readonly replayable?: boolean;
  /** A repository to read besides, for a mount. */
  readonly alsoPull?: string;
  readonly answerTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  /** It sets a tag: each try without a clear answer is counted, since it may be carried out late. */
  readonly setsTag?: boolean;
  /** Called before each time that the request is sent, redirects included; if it throws, the request is not sent. */
  readonly beforeSend?: () => Promise<void>;
}

/** On whose behalf requests are sent. */
export interface Caller extends Requester {
  readonly access: Access;
}

export interface AuthorizedSendDeps {
  readonly send: Send;
  readonly authenticator: Authenticator;
  readonly answerTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export interface AuthorizedResponse {
  readonly response: HttpResponse;
  /** The header that was sent, if any. */
  readonly authorization: string | undefined;
  /** True after a refusal when the next request has newer credentials than this one had. */
  readonly renewed: boolean;
}

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
/** Those after which the same request is sent again, body and all (RFC 9110, 15.4.8 and 15.4.9). */
const SAME_AGAIN = [307, 308];

/**
 * Sends a call with the credentials of its registry, again with renewed ones after a refusal if it can be sent again.
 * Redirects are followed where the same can be sent again; credentials stay on the registry's own origin.
 */
export async function sendAuthorized(
  call: Call,
  caller: Caller,
  deps: AuthorizedSendDeps,
): Promise<AuthorizedResponse> {
  const { authenticator } = deps;
  const { origin } = caller.access.origin;
  const access =
    call.alsoPull === undefined ? caller.access : { ...caller.access, alsoPull: call.alsoPull };
  const isOwn = call.url.origin === origin;
  let renewals = 0;
  for (;;) {
    const authorization = isOwn ? await authenticator.authorize(access, caller) : undefined;
    const response = await sendAlongRedirects(call, authorization, caller, deps);
    if (!isRefusal(response) || response.url.origin !== origin) {
      return { response, authorization, renewed: false };
    }
    // Without credentials a refusal only names the required ones; with them, there is one renewal.
    if (authorization !== undefined && renewals === 1)
      return { response, authorization, renewed: false };
    if (authorization !== undefined) renewals += 1;
    const renewed = await learn(response, () =>
      authenticator.learn(access, response, authorization, caller),
    );
    if (!renewed || call.replayable === false) return { response, authorization, renewed };
    await dropBody(response);
  }
}

/** If this throws, the body of the refusal is dropped, so that its connection is free again. */
async function learn(refusal: HttpResponse, work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    await dropBody(refusal);
    throw error;
  }
}

async function sendAlongRedirects(
  call: Call,
  authorization: string | undefined,
  { access, traffic, signal }: Caller,
  { send, answerTimeoutMs, idleTimeoutMs }: AuthorizedSendDeps,
): Promise<HttpResponse> {
  let { url } = call;
  let headers = { ...call.headers, ...(authorization !== undefined && { authorization }) };
  for (let hops = 0; ; hops += 1) {
    await call.beforeSend?.();
    const response = await send({
      method: call.method,
      url,
      headers,
      body: call.body,
      configured: access.ownOrigins.has(url.origin),
      answerTimeoutMs: call.answerTimeoutMs ?? answerTimeoutMs,
      idleTimeoutMs: call.idleTimeoutMs ?? idleTimeoutMs,
      traffic,
      isHop: hops > 0,
      signal,
    });
    const location = headerOf(response, 'location');
    if (!mayFollow(call, response.status) || location === undefined) return response;
    if (hops === MAX_REDIRECTS) return response;
    await dropBody(response);
    url = resolveServerUrl(location, url, access.ownOrigins);
    // Once off the registry's origin, credentials never come back.
    if (url.origin !== access.origin.origin) headers = { ...call.headers };
  }
}

/** A read may follow any redirect; a write only one that keeps method and body, and only while it still has the body. */
function mayFollow({ method, body }: Call, status: number): boolean {
  if (method === 'GET' || method === 'HEAD') return REDIRECTS.includes(status);
  return SAME_AGAIN.includes(status) && !(body instanceof Readable);
}

/** 401, or a token whose scope is too small (RFC 6750, 3.1). */
function isRefusal(response: HttpResponse): boolean {
  if (response.status === 401) return true;
  const challenge = headerOf(response, 'www-authenticate') ?? '';
  return response.status === 403 && challenge.includes('insufficient_scope');
}
