import type { AuthClient } from 'google-auth-library';
import * as z from 'zod';
import type { GoogleTokens } from '../oci/auth/auth';
import { NetworkError, RegistryError } from '../oci/http/errors';
import { createSingleFlight } from '../async/sharing';
import type { Clock } from '../system/clock';
import { GoogleCredentialsError } from './credentials-error';

/** What is used of google-auth-library's clients. */
export type GoogleClient = Pick<
  AuthClient,
  'credentials' | 'getAccessToken' | 'request' | 'universeDomain'
>;

export interface GoogleTokensDeps {
  /** Default: Application Default Credentials. Called at the first need of a token. */
  readonly loadClient?: () => Promise<GoogleClient>;
  readonly clock: Pick<Clock, 'now'>;
  /** Default: the IAM Credentials API of the credentials' universe. */
  readonly iamEndpoint?: string;
}

interface AccessToken {
  readonly value: string;
  /** Milliseconds of the epoch. */
  readonly expiresAt: number;
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
/** A request is authorized when it begins: with this much left a token does not expire before any check. */
const MARGIN_MS = 5 * 60_000;
/** For credentials that do not say how long their token lives. */
const UNKNOWN_LIFETIME_MS = MARGIN_MS + 60_000;
const IMPERSONATION_LIFETIME = '3600s';

/**
 * Access tokens of this process's identity and of the service accounts that it may impersonate: one for each, renewed when
 * less than 5 minutes are left. Loads google-auth-library when the first is needed.
 *
 * `accessToken` throws {@link GoogleCredentialsError} without credentials, {@link RegistryError} when impersonation is
 * refused, {@link NetworkError} when Google cannot be reached.
 */
export function createGoogleTokens(deps: GoogleTokensDeps): GoogleTokens {
  const { clock, loadClient = loadDefaultClient } = deps;
  const tokens = new Map<string | undefined, AccessToken>();
  const once = createSingleFlight<string>();
  let client: Promise<GoogleClient> | undefined;

  async function sourceClient(): Promise<GoogleClient> {
    client ??= loadClient();
    try {
      return await client;
    } catch (error) {
      client = undefined;
      throw noCredentials(error);
    }
  }

  async function renew(identity: string | undefined): Promise<string> {
    const source = await sourceClient();
    const own = await ownToken(source, clock);
    const token =
      identity === undefined ? own : await impersonate(identity, source, deps.iamEndpoint);
    tokens.set(identity, token);
    return token.value;
  }

  return {
    async accessToken(identity, rejected) {
      const known = tokens.get(identity);
      const isGood = known !== undefined && known.value !== rejected;
      if (isGood && known.expiresAt - MARGIN_MS > clock.now()) return known.value;
      // The library would give the rejected token again: it knows no more than when that expires.
      if (known?.value === rejected && identity === undefined) client = undefined;
      return once(identity ?? '', () => renew(identity));
    },
  };
}

async function ownToken(client: GoogleClient, clock: Pick<Clock, 'now'>): Promise<AccessToken> {
  const { token } = await client.getAccessToken().catch((error: unknown) => {
    throw noCredentials(error);
  });
  if (typeof token !== 'string' || token === '') throw noCredentials(undefined);
  return {
    value: token,
    expiresAt: client.credentials.expiry_date ?? clock.now() + UNKNOWN_LIFETIME_MS,
  };
}

/**
 * The one request that google-auth-library's Impersonated sends; that class prints a warning for each identity, which no
 * option turns off.
 */
async function impersonate(
  identity: string,
  client: GoogleClient,
  endpoint = `https://iamcredentials.${client.universeDomain}`,
): Promise<AccessToken> {
  const url = `${endpoint}/v1/projects/-/serviceAccounts/${encodeURIComponent(identity)}:generateAccessToken`;
  const { data } = await client
    .request<unknown>({
      method: 'POST',
      url,
      data: { scope: [SCOPE], lifetime: IMPERSONATION_LIFETIME },
      retry: true,
      retryConfig: { httpMethodsToRetry: ['POST'] },
    })
    .catch((error: unknown) => {
      throw impersonationFailure(identity, url, error);
    });
  const { accessToken, expireTime } = GeneratedToken.parse(data);
  return { value: accessToken, expiresAt: Date.parse(expireTime) };
}

const GeneratedToken = z.object({ accessToken: z.string().min(1), expireTime: z.string() });

/** google-auth-library's requests fail with an answer or without one. */
const FailedRequest = z.looseObject({
  status: z.number(),
  response: z.looseObject({
    data: z
      .looseObject({ error: z.looseObject({ message: z.string() }) })
      .optional()
      .catch(undefined),
  }),
});

function impersonationFailure(identity: string, url: string, error: unknown): Error {
  const failed = FailedRequest.safeParse(error).data;
  if (failed === undefined) return new NetworkError('POST', url, error);
  const said = failed.response.data?.error.message;
  const remedy = `to act as ${identity}, this process's own account needs roles/iam.serviceAccountTokenCreator on it`;
  const detail = said === undefined ? remedy : `${said}; ${remedy}`;
  return new RegistryError({ method: 'POST', url, status: failed.status, entries: [], detail });
}

function noCredentials(cause: unknown): Error {
  const said = cause instanceof Error ? cause.message : 'no token was issued';
  return new GoogleCredentialsError(
    `no Google access token: ${said.replace(/\.$/, '')}. Run "gcloud auth application-default login", or set GOOGLE_APPLICATION_CREDENTIALS; on Google Cloud, what runs needs a service account`,
    { cause },
  );
}

async function loadDefaultClient(): Promise<GoogleClient> {
  const { GoogleAuth } = await import('google-auth-library');
  return new GoogleAuth({ scopes: [SCOPE] }).getClient();
}
