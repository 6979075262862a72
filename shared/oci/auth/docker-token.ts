import * as z from 'zod';
import type { Clock } from '../../system/clock';
import { dropBody, parseJson, readBody, registryErrorOf } from '../http/bodies';
import { NetworkError, RegistryError } from '../http/errors';
import { isTransientFailure } from '../http/retries';
import type { HttpRequest, HttpResponse, Send } from '../http/transport';
import { redactUrl } from '../http/urls';

/** What a registry's users have: a password, or a refresh token of its token endpoint. */
export type Credentials =
  { readonly username: string; readonly password: string } | { readonly identityToken: string };

export interface TokenRequest {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  /** There are credentials, but this realm must not get them. */
  readonly withheld: boolean;
}

export interface Token {
  readonly value: string;
  /** Milliseconds of the epoch. */
  readonly expiresAt: number;
}

/** The user name by which Docker marks an identity token. */
export const TOKEN_USER = '<token>';
/** As the token specification has it, for answers that do not say. */
const DEFAULT_LIFETIME_SECONDS = 60;
const WITHHELD =
  '; it was asked without the credentials of the registry, which go over https or to the registry itself';
const MAX_TOKEN_BYTES = 64 * 1024;

const TokenAnswer = z.looseObject({
  token: z.string().optional(),
  access_token: z.string().optional(),
  expires_in: z.number().positive().optional().catch(undefined),
});

/**
 * Gets a token from a registry's token endpoint (distribution, "Token Authentication Specification").
 *
 * @throws {RegistryError} with status 401 when it refuses, whatever its own status: a 404 here says nothing about the
 * content that is asked for. Statuses that are worth another try are kept.
 */
export async function fetchToken(
  send: Send,
  request: TokenRequest,
  template: RequestTemplate,
  clock: Pick<Clock, 'now' | 'deadline'>,
): Promise<Token> {
  const { answerTimeoutMs, idleTimeoutMs } = template;
  // All who want this token wait for it: an endpoint that drips must not keep them for as long as it likes.
  const deadline = clock.deadline(answerTimeoutMs + idleTimeoutMs);
  try {
    const response = await ask(within(deadline.signal, send), request, template);
    return await tokenOf(response, request, clock.now());
  } finally {
    deadline.release();
  }
}

async function tokenOf(response: HttpResponse, request: TokenRequest, now: number): Promise<Token> {
  if (response.status !== 200) throw await refusalOf(response, now, request);
  const body = await readBody(response, MAX_TOKEN_BYTES);
  const answer = TokenAnswer.safeParse(parseJson(body?.toString('utf8')));
  const value = answer.data?.token ?? answer.data?.access_token ?? '';
  // Only a valid token may get into a header.
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw refused(response, 'the token endpoint answered 200 without a token');
  }
  const lifetime = answer.data?.expires_in ?? DEFAULT_LIFETIME_SECONDS;
  return { value, expiresAt: now + lifetime * 1000 };
}

type RequestTemplate = Omit<HttpRequest, 'method' | 'url' | 'headers' | 'body'>;

function within(signal: AbortSignal, send: Send): Send {
  return async (request) => {
    try {
      return await send({ ...request, signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new NetworkError(request.method, redactUrl(request.url), error);
    }
  };
}

async function ask(
  send: Send,
  request: TokenRequest,
  template: RequestTemplate,
): Promise<HttpResponse> {
  const { credentials } = request;
  if (credentials === undefined || 'username' in credentials) {
    return send({ ...template, ...basicRequest(request, credentials) });
  }
  const { identityToken } = credentials;
  const response = await send({ ...template, ...oauthRequest(request, identityToken) });
  if (response.status !== 404 && response.status !== 405) return response;
  // Without OAuth the endpoint takes it as the password of that user.
  await dropBody(response);
  const asPassword = { username: TOKEN_USER, password: identityToken };
  return send({ ...template, ...basicRequest(request, asPassword) });
}

export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function basicRequest(
  { realm, service, scopes }: TokenRequest,
  credentials: { username: string; password: string } | undefined,
) {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const headers: Record<string, string> =
    credentials === undefined
      ? {}
      : { authorization: basicHeader(credentials.username, credentials.password) };
  return { method: 'GET', url, headers } as const;
}

function oauthRequest({ realm, service, scopes }: TokenRequest, identityToken: string) {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: identityToken,
    client_id: 'registry-relay',
    scope: scopes.join(' '),
    ...(service !== undefined && { service }),
  });
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
  } as const;
}

/** What must not be quoted from a refusal, in each form in which it was sent. */
function secretsOf(credentials: Credentials | undefined): readonly string[] {
  if (credentials === undefined) return [];
  const { username, password } =
    'username' in credentials
      ? credentials
      : { username: TOKEN_USER, password: credentials.identityToken };
  const inForm = new URLSearchParams({ password }).toString().slice('password='.length);
  const inHeader = basicHeader(username, password).slice('Basic '.length);
  return [inHeader, inForm, password].filter((secret) => secret !== '');
}

async function refusalOf(
  response: HttpResponse,
  now: number,
  { credentials, withheld }: TokenRequest,
): Promise<RegistryError> {
  const error = await registryErrorOf(response, now, secretsOf(credentials));
  if (isTransientFailure(error)) return error;
  const said = error.detail === '' ? '' : `: ${error.detail}`;
  const why = withheld ? WITHHELD : '';
  return refused(response, `the token endpoint answered ${response.status}${said}${why}`);
}

function refused({ method, url }: HttpResponse, detail: string): RegistryError {
  return new RegistryError({ method, url: redactUrl(url), status: 401, entries: [], detail });
}
