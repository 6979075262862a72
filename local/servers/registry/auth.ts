import type { IncomingHttpHeaders } from 'node:http';
import type { Machine } from '../machine';
import { refuse } from './errors';
import type { Endpoint, Exchange } from './reply';
import type { Kind } from './routes';

/** Who may use the registry. Tokens live in memory, and every user may do all. */
export type AuthOptions =
  | { readonly scheme: 'basic'; readonly users: Users }
  | BearerOptions
  | {
      /** Like Artifact Registry: a Google access token is the bearer. */
      readonly scheme: 'google';
      /** Read at each request: a test may take one away in the middle. */
      readonly tokens: readonly string[];
    };

/** Passwords by user name. */
type Users = Readonly<Record<string, string>>;

/** Docker's token authentication (distribution docs, "Token Authentication Specification"): the realm is `/token` here. */
interface BearerOptions {
  readonly scheme: 'bearer';
  readonly users: Users;
  /** Clients without credentials get tokens that may pull. */
  readonly anonymousPull?: boolean;
  /** How long a token is taken; default 300. */
  readonly expiresSeconds?: number;
}

/** What a request needs, as a scope of Docker's token specification. */
interface Access {
  readonly repository: string;
  readonly action: 'pull' | 'push' | 'delete';
}

export interface Auth {
  /** @throws {ProtocolError} UNAUTHORIZED with the challenge. */
  readonly authorize: (exchange: Exchange) => void;
  /** The token realm. */
  readonly token: Endpoint;
}

const OPEN_KINDS: readonly Kind[] = ['token', 'downloadBlob'];

export function createAuth(options: AuthOptions | undefined, machine: Machine): Auth {
  const guard = createGuard(options, machine);
  return {
    token: guard.token ?? noRealm,
    authorize(exchange) {
      if (OPEN_KINDS.includes(exchange.route.kind)) return;
      const needed = accessFor(exchange);
      if (guard.allows(exchange.headers, needed)) return;
      throw refuse('UNAUTHORIZED', 'authentication required', {
        detail: needed,
        headers: { 'www-authenticate': guard.challenge(exchange, needed) },
      });
    },
  };
}

/** A mount reads from another repository, too. */
function accessFor({ route: { kind, repository }, query }: Exchange): readonly Access[] {
  if (repository === '') return [];
  const own: Access = { repository, action: actionOf(kind) };
  const from = query.get('from');
  if (kind !== 'mountBlob' || from === null) return [own];
  return [own, { repository: from, action: 'pull' }];
}

function actionOf(kind: Kind): Access['action'] {
  if (kind === 'deleteBlob' || kind === 'deleteManifest') return 'delete';
  return /upload|put|post|mount/i.test(kind) ? 'push' : 'pull';
}

interface Guard {
  readonly allows: (headers: IncomingHttpHeaders, needed: readonly Access[]) => boolean;
  readonly challenge: (exchange: Exchange, needed: readonly Access[]) => string;
  readonly token?: Endpoint;
}

function createGuard(options: AuthOptions | undefined, machine: Machine): Guard {
  switch (options?.scheme) {
    case undefined:
      return { allows: () => true, challenge: () => 'Basic' };
    case 'basic':
      return {
        allows: ({ authorization }) => isUser(authorization, options.users),
        challenge: () => 'Basic realm="registry"',
      };
    case 'google':
      return {
        allows: ({ authorization }) =>
          options.tokens.some((token) => authorization === `Bearer ${token}`),
        challenge: ({ origin, host }) => `Bearer realm="${origin}/v2/token",service="${host}"`,
      };
    case 'bearer':
      return createBearerGuard(options, machine);
  }
}

interface Token {
  /** `repository:<name>:<action>` */
  readonly grants: ReadonlySet<string>;
  readonly expires: number;
}

function createBearerGuard(options: BearerOptions, { clock, names }: Machine): Guard {
  const { users, anonymousPull = false, expiresSeconds = 300 } = options;
  const tokens = new Map<string, Token>();

  const find = (authorization?: string): Token | undefined => {
    const token = tokens.get(/^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '');
    return token !== undefined && token.expires > clock.now() ? token : undefined;
  };

  return {
    allows({ authorization }, needed) {
      const token = find(authorization);
      if (token === undefined) return false;
      return needed.every(({ repository, action }) =>
        token.grants.has(`repository:${repository}:${action}`),
      );
    },

    challenge({ headers, origin, host }, needed) {
      const scopes = needed.map(({ repository, action }) => {
        const actions = action === 'push' ? 'pull,push' : action;
        return `repository:${repository}:${actions}`;
      });
      const scope = scopes.length === 0 ? '' : `,scope="${scopes.join(' ')}"`;
      const error = !headers.authorization?.startsWith('Bearer ')
        ? ''
        : `,error="${find(headers.authorization) ? 'insufficient_scope' : 'invalid_token'}"`;
      return `Bearer realm="${origin}/token",service="${host}"${scope}${error}`;
    },

    token({ headers: { authorization }, query }) {
      const known = isUser(authorization, users);
      if (!known && (authorization !== undefined || !anonymousPull)) {
        throw refuse('UNAUTHORIZED', 'user name or password is wrong', {
          headers: { 'www-authenticate': 'Basic realm="token"' },
        });
      }
      const granted = parseScopes(query.getAll('scope')).filter(
        (grant) => known || grant.endsWith(':pull'),
      );
      const token = names();
      const issued = clock.now();
      tokens.set(token, { grants: new Set(granted), expires: issued + expiresSeconds * 1000 });
      const body = {
        token,
        access_token: token,
        expires_in: expiresSeconds,
        issued_at: new Date(issued).toISOString(),
      };
      return Promise.resolve({
        status: 200,
        headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
        body: Buffer.from(JSON.stringify(body)),
      });
    },
  };
}

/** `repository:a/b:pull,push repository:c:pull`, in one parameter or several, as one entry for each action. */
function parseScopes(scopes: readonly string[]): string[] {
  return scopes
    .flatMap((scope) => scope.split(' '))
    .flatMap((scope) => {
      const [, resource = '', actions = ''] = /^(.*):([^:]*)$/.exec(scope) ?? [];
      return actions.split(',').map((action) => `${resource}:${action}`);
    });
}

/** Does a Basic header prove one of the users? */
function isUser(authorization: string | undefined, users: Users): boolean {
  const encoded = /^Basic (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  const given = Buffer.from(encoded, 'base64').toString();
  return Object.entries(users).some(([name, password]) => given === `${name}:${password}`);
}

const noRealm: Endpoint = () =>
  Promise.reject(refuse('UNSUPPORTED', 'there is no token realm here'));
