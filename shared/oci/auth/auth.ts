/*
 * This folder is authentication: tokens, challenges, credentials, and the origin that they must not leave. It sends through
 * `../http`, and knows no endpoint of a registry but the token endpoint.
 */
import type { Credentials } from './docker-token';
import { waitFor } from '../../async/together';
import type { Traffic } from '../http/traffic';
import type { HttpResponse } from '../http/transport';
import type { OwnOrigins } from '../http/urls';

/** Access tokens of Google identities; `identity` is a service account to impersonate. See shared/google/tokens.ts. */
export interface GoogleTokens {
  /** `rejected`: a token that a registry has just refused, not to be given again. */
  accessToken(identity: string | undefined, rejected?: string): Promise<string>;
}

/** Finds the credentials that a Docker config file or its helpers have for a repository, or for its registry. */
export type FindCredentials = (
  name: Pick<Access, 'registry' | 'repository'>,
) => Promise<Credentials | undefined>;

/** Which access is asked for, and at which registry. */
export interface Access {
  readonly registry: string;
  readonly origin: URL;
  /** That origin, and others of its host that the operator named. */
  readonly ownOrigins: OwnOrigins;
  readonly repository: string;
  readonly access: 'pull' | 'push';
  /** The service account to act as, on Google's registries. */
  readonly identity?: string;
  /** A repository to read besides, for a mount. */
  readonly alsoPull?: string;
}

/** The copy that asks: its requests are counted, and end with its signal. */
export interface Requester {
  readonly traffic: Traffic;
  readonly signal?: AbortSignal;
}

/** Knows how registries want to be asked, and keeps their tokens. One for a process. */
export interface Authenticator {
  /** The `Authorization` header to send. `undefined`: nothing is known to be needed. */
  authorize(access: Access, requester: Requester): Promise<string | undefined>;
  /**
   * Learns from a 401, or a 403 for want of scope. True when {@link authorize} now has another header than `sent`. All
   * who were refused with the same header share one renewal.
   */
  learn(
    access: Access,
    response: HttpResponse,
    sent: string | undefined,
    requester: Requester,
  ): Promise<boolean>;
}

const BEARER = 'Bearer ';

/** A Google access token is the registry's bearer as it is: no challenge, no exchange, no scopes. */
export function createGoogleAuthenticator(tokens: GoogleTokens): Authenticator {
  return {
    async authorize({ identity }, { signal }) {
      return `${BEARER}${await waitFor(tokens.accessToken(identity), signal)}`;
    },
    async learn({ identity }, { status }, sent, { signal }) {
      if (status !== 401) return false;
      const rejected = sent?.slice(BEARER.length);
      return (await waitFor(tokens.accessToken(identity, rejected), signal)) !== rejected;
    },
  };
}
