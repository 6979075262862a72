import { parseChallenges } from './challenge';
import {
  basicHeader,
  fetchToken,
  type Credentials,
  type Token,
  type TokenRequest,
} from './docker-token';
import { createSingleFlight, waitFor } from './single-flight';
import type { HttpResponse, Send } from './transport';
import type { Traffic } from './repository';
import { resolveServerUrl } from './urls';

/** Access tokens of Google identities; `identity` is a service account to impersonate. See shared/google/tokens.ts. */
export interface GoogleTokens {
  /** `rejected`: a token that a registry has just refused, not to be given again. */
  accessToken(identity: string | undefined, rejected?: string): Promise<string>;
}

/** Finds what a Docker config file or its helpers know about a registry. */
export type FindCredentials = (registry: string) => Promise<Credentials | undefined>;

/** Who asks for what: what a token is issued for. */
export interface Access {
  readonly registry: string;
  readonly origin: URL;
  readonly repository: string;
  readonly access: 'pull' | 'push';
  /** Set for registries that take a Google access token as the bearer. */
  readonly google?: { readonly identity: string | undefined };
  /** Repositories to read besides, for a mount. */
  readonly alsoPull?: string;
}

export interface Asker {
  readonly traffic: Traffic;
  readonly signal?: AbortSignal;
}

/** Knows how each registry wants to be asked, and keeps its tokens. One for a process. */
export interface Authenticator {
  /** The `Authorization` header to send. `undefined`: nothing is known to be needed. */
  authorize(access: Access, asker: Asker): Promise<string | undefined>;
  /**
   * Learns from a 401, or a 403 for want of scope. True when {@link authorize} now has another header than `sent`. All
   * who were refused with the same header share one refresh.
   */
  learn(
    access: Access,
    response: HttpResponse,
    sent: string | undefined,
    asker: Asker,
  ): Promise<boolean>;
}

export interface AuthenticatorDeps {
  readonly send: Send;
  readonly now: () => number;
  readonly tokenTimeoutMs: number;
  readonly googleTokens?: GoogleTokens;
  readonly findCredentials?: FindCredentials;
}

type Demand =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: URL; readonly service: string | undefined };

/** A token that ends sooner is replaced first: a request may wait for a connection. */
const TOKEN_MARGIN_MS = 10_000;
const MAX_TOKENS = 1000;

export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const demands = new Map<string, Demand>();
  const widened = new Map<string, readonly string[]>();
  const tokens = new Map<string, Token>();
  const once = createSingleFlight<string | undefined>();

  const keyOf = ({ registry, repository, access, alsoPull = '' }: Access): string =>
    [registry, repository, access, alsoPull].join(' ');

  async function obtain(access: Access, traffic: Traffic): Promise<string | undefined> {
    const demand = demands.get(access.registry);
    if (demand === undefined) return undefined;
    const credentials = await deps.findCredentials?.(access.registry);
    if (demand.scheme === 'basic') {
      return credentials !== undefined && 'username' in credentials
        ? basicHeader(credentials.username, credentials.password)
        : undefined;
    }
    const key = keyOf(access);
    const request: TokenRequest = {
      realm: demand.realm,
      service: demand.service,
      scopes: widened.get(key) ?? scopesOf(access),
      credentials: mayHaveCredentials(demand.realm, access.origin) ? credentials : undefined,
    };
    const token = await fetchToken(
      deps.send,
      request,
      requestTemplate(demand.realm, access, traffic),
      deps.now,
    );
    if (tokens.size >= MAX_TOKENS) tokens.clear();
    tokens.set(key, token);
    return `Bearer ${token.value}`;
  }

  function requestTemplate(realm: URL, { origin }: Access, traffic: Traffic) {
    return {
      configured: realm.hostname === origin.hostname,
      answerTimeoutMs: deps.tokenTimeoutMs,
      idleTimeoutMs: deps.tokenTimeoutMs,
      traffic,
    };
  }

  async function authorize(
    access: Access,
    { traffic, signal }: Asker,
  ): Promise<string | undefined> {
    if (access.google !== undefined && deps.googleTokens !== undefined) {
      const token = deps.googleTokens.accessToken(access.google.identity);
      return `Bearer ${await waitFor(token, signal)}`;
    }
    const key = keyOf(access);
    const token = tokens.get(key);
    if (token !== undefined && token.expiresAt - TOKEN_MARGIN_MS > deps.now()) {
      return `Bearer ${token.value}`;
    }
    return waitFor(
      once(key, () => obtain(access, traffic)),
      signal,
    );
  }

  async function learn(
    access: Access,
    response: HttpResponse,
    sent: string | undefined,
    asker: Asker,
  ): Promise<boolean> {
    if (access.google !== undefined && deps.googleTokens !== undefined) {
      if (response.status !== 401) return false;
      const rejected = sent?.replace(/^Bearer /, '');
      const fresh = deps.googleTokens.accessToken(access.google.identity, rejected);
      return (await waitFor(fresh, asker.signal)) !== rejected;
    }
    const key = keyOf(access);
    const current = tokens.get(key);
    const isCurrent = current !== undefined && `Bearer ${current.value}` === sent;
    if (isCurrent) tokens.delete(key);
    const offered = demandOf(response, access);
    if (offered === undefined) return false;
    demands.set(access.registry, offered.demand);
    if (sent !== undefined && offered.scope !== undefined) widen(access, key, offered.scope);
    return (await authorize(access, asker)) !== sent;
  }

  /** The registry wants other words for what we ask: both are asked for from now on, its own first. */
  function widen(access: Access, key: string, scope: string): void {
    const scopes = scopesOf(access);
    const wanted = scope.split(' ').filter((one) => one !== '');
    if (wanted.every((one) => scopes.includes(one))) return;
    widened.set(key, [...new Set([...wanted, ...scopes])]);
    tokens.delete(key);
  }

  return { authorize, learn };
}

/** The scope that a push needs comes first: some registries read only one. */
function scopesOf({ repository, access, alsoPull }: Access): readonly string[] {
  const own = `repository:${repository}:${access === 'push' ? 'pull,push' : 'pull'}`;
  return alsoPull === undefined ? [own] : [own, `repository:${alsoPull}:pull`];
}

function demandOf(
  response: HttpResponse,
  { origin }: Access,
): { demand: Demand; scope: string | undefined } | undefined {
  const challenges = parseChallenges(response.headers['www-authenticate']);
  const bearer = challenges.find(
    ({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'),
  );
  if (bearer !== undefined) {
    const realm = resolveServerUrl(bearer.parameters.get('realm') ?? '', origin, origin.hostname);
    const service = bearer.parameters.get('service');
    return {
      demand: { scheme: 'bearer', realm, service },
      scope: bearer.parameters.get('scope'),
    };
  }
  const basic = challenges.some(({ scheme }) => scheme === 'basic');
  return basic ? { demand: { scheme: 'basic' }, scope: undefined } : undefined;
}

/** Passwords go over TLS, or to the host whose operator chose plain HTTP. */
function mayHaveCredentials(realm: URL, origin: URL): boolean {
  return (
    realm.protocol === 'https:' ||
    (origin.protocol === 'http:' && realm.hostname === origin.hostname)
  );
}
