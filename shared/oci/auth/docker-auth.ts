import { createSingleFlight } from '../../async/sharing';
import { waitFor } from '../../async/together';
import type { Clock } from '../../system/clock';
import type { HttpResponse, Send } from '../http/transport';
import { resolveServerUrl } from '../http/urls';
import type { Access, Requester, Authenticator, FindCredentials } from './auth';
import { basicHeader, fetchToken } from './docker-token';

interface DockerAuthenticatorDeps {
  readonly send: Send;
  readonly clock: Pick<Clock, 'now' | 'deadline'>;
  /** For each answer of a token endpoint, milliseconds. */
  readonly timeoutMs: number;
  readonly findCredentials?: FindCredentials;
}

/** The authentication that a registry demands, for all of its repositories. */
type Demand =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: URL; readonly service: string | undefined };

interface Header {
  readonly value: string;
  readonly expiresAt: number;
}

/** A token that expires sooner is replaced first: a request may have to wait for a connection. */
const MARGIN_MS = 10_000;
const MAX_HEADERS = 1000;

/**
 * Basic and token authentication as Docker's registry has them (distribution, "Token Authentication Specification").
 * After its first challenge a registry is asked right away with a token, one for each repository.
 */
export function createDockerAuthenticator(deps: DockerAuthenticatorDeps): Authenticator {
  const demands = new Map<string, Demand>();
  const widerScopes = new Map<string, readonly string[]>();
  const headers = new Map<string, Header>();
  const once = createSingleFlight<string | undefined>();

  async function obtain(access: Access, requester: Requester): Promise<string | undefined> {
    const demand = demands.get(access.registry);
    if (demand === undefined) return undefined;
    const key = keyOf(access);
    const scopes = widerScopes.get(key) ?? scopesOf(access);
    const header = await headerFor(demand, scopes, access, requester, deps);
    if (header === undefined) return undefined;
    if (headers.size >= MAX_HEADERS) headers.clear();
    headers.set(key, header);
    return header.value;
  }

  async function authorize(access: Access, requester: Requester): Promise<string | undefined> {
    const key = keyOf(access);
    const known = headers.get(key);
    if (known !== undefined && known.expiresAt - MARGIN_MS > deps.clock.now()) return known.value;
    return waitFor(
      once(key, () => obtain(access, requester)),
      requester.signal,
    );
  }

  return {
    authorize,
    async learn(access, response, sent, requester) {
      const key = keyOf(access);
      if (headers.get(key)?.value === sent) headers.delete(key);
      const challenge = challengeOf(response, access);
      if (challenge === undefined) return false;
      demands.set(access.registry, challenge.demand);
      const scopes = scopesOf(access);
      const wanted = challenge.scopes.filter((scope) => !scopes.includes(scope));
      if (sent !== undefined && wanted.length > 0) {
        // The registry names other scopes than we do: from now on both are asked for.
        widerScopes.set(key, [...wanted, ...scopes]);
        headers.delete(key);
      }
      return (await authorize(access, requester)) !== sent;
    },
  };
}

async function headerFor(
  demand: Demand,
  scopes: readonly string[],
  access: Access,
  { traffic }: Requester,
  { send, clock, timeoutMs, findCredentials }: DockerAuthenticatorDeps,
): Promise<Header | undefined> {
  const { origin, ownOrigins } = access;
  const credentials = await findCredentials?.(access);
  if (demand.scheme === 'basic') {
    return credentials !== undefined && 'username' in credentials
      ? { value: basicHeader(credentials.username, credentials.password), expiresAt: Infinity }
      : undefined;
  }
  const { realm, service } = demand;
  const isSafe = mayHaveCredentials(realm, origin);
  const token = await fetchToken(
    send,
    {
      realm,
      service,
      scopes,
      credentials: isSafe ? credentials : undefined,
      withheld: credentials !== undefined && !isSafe,
    },
    {
      configured: ownOrigins.has(realm.origin),
      answerTimeoutMs: timeoutMs,
      idleTimeoutMs: timeoutMs,
      traffic,
    },
    clock,
  );
  return { value: `Bearer ${token.value}`, expiresAt: token.expiresAt };
}

function keyOf({ registry, repository, access, alsoPull = '' }: Access): string {
  return [registry, repository, access, alsoPull].join(' ');
}

/** What a push needs comes first: some registries read only one scope. */
function scopesOf({ repository, access, alsoPull }: Access): readonly string[] {
  const own = `repository:${repository}:${access === 'push' ? 'pull,push' : 'pull'}`;
  return alsoPull === undefined ? [own] : [own, `repository:${alsoPull}:pull`];
}

function challengeOf(
  response: HttpResponse,
  { origin, ownOrigins }: Pick<Access, 'origin' | 'ownOrigins'>,
): { demand: Demand; scopes: readonly string[] } | undefined {
  const challenges = parseChallenges(response.headers['www-authenticate']);
  for (const { scheme, parameters } of challenges) {
    const realm = parameters.get('realm');
    if (scheme !== 'bearer' || realm === undefined || !/^https?:/i.test(realm)) continue;
    const demand: Demand = {
      scheme,
      realm: resolveServerUrl(realm, origin, ownOrigins),
      service: parameters.get('service'),
    };
    return { demand, scopes: parameters.get('scope')?.split(' ').filter(Boolean) ?? [] };
  }
  const isBasic = challenges.some(({ scheme }) => scheme === 'basic');
  return isBasic ? { demand: { scheme: 'basic' }, scopes: [] } : undefined;
}

/** Passwords go over TLS, or to the very origin for which its operator chose plain HTTP: another port is another server. */
function mayHaveCredentials(realm: URL, origin: URL): boolean {
  return realm.protocol === 'https:' || realm.origin === origin.origin;
}

/** One challenge of a `WWW-Authenticate` header. */
interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** Names in lower case, values without quotes. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
/** More than a token may hold: some send URLs without quotes. */
const BARE_VALUE = /[^\s,"]+/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const SPACES = / +/y;
const SEPARATOR = /[ \t]*(?:,[ \t]*)*/y;

/**
 * Reads all challenges of all headers (RFC 9110, 11.6.1): several in one header, commas in quoted strings, token68.
 * What cannot be read ends the header it stands in.
 */
export function parseChallenges(headers: string | string[] | undefined): Challenge[] {
  return [headers ?? []].flat().flatMap(parseHeader);
}

function parseHeader(header: string): Challenge[] {
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(header);
    if (match !== null) position = pattern.lastIndex;
    return match;
  };
  const challenges: Challenge[] = [];
  let parameters = new Map<string, string>();
  for (;;) {
    take(SEPARATOR);
    const name = take(TOKEN)?.[0];
    if (name === undefined) return challenges;
    // A token is a parameter when "=" and a value follow, else it is the scheme of a new challenge.
    if (take(EQUALS) !== null) {
      const quoted = take(QUOTED)?.[1];
      const value = quoted?.replace(/\\(.)/g, '$1') ?? take(BARE_VALUE)?.[0];
      if (value === undefined || challenges.length === 0) return challenges;
      parameters.set(name.toLowerCase(), value);
      continue;
    }
    parameters = new Map();
    challenges.push({ scheme: name.toLowerCase(), parameters });
    if (take(SPACES) !== null) take(TOKEN68);
  }
}
