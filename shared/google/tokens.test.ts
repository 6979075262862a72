import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { OAuth2Client } from 'google-auth-library';
import {
  createScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from '../../test/support/scripted-server';
import { NetworkError, RegistryError } from '../oci/http/errors';
import { GoogleCredentialsError } from './credentials-error';
import { createGoogleTokens, type GoogleClient } from './tokens';
import { systemClock } from '../system/clock';

const ACME = 'image-release@acme-prod.iam.gserviceaccount.com';
const NOW = Date.UTC(2026, 10, 24, 12);

/** Google's token endpoint and its IAM Credentials API. */
let google: ScriptedServer;
let impersonation: ScriptedAnswer | undefined;
let issued: number;
beforeEach(async () => {
  issued = 0;
  impersonation = undefined;
  google = await createScriptedServer(({ path }) => {
    issued += 1;
    if (path === '/token') return { body: { access_token: `own-${issued}`, expires_in: 3600 } };
    return (
      impersonation ?? {
        body: {
          accessToken: `theirs-${issued}`,
          expireTime: new Date(NOW + 3_600_000).toISOString(),
        },
      }
    );
  });
});
afterEach(() => google.close());

function stage() {
  const clock = { now: NOW, loaded: 0 };
  const loadClient = (): Promise<GoogleClient> => {
    clock.loaded += 1;
    const client = new OAuth2Client({
      endpoints: { oauth2TokenUrl: `${google.origin}/token` },
      clientId: 'id',
      clientSecret: 'secret',
      // gaxios would import another one, which jest cannot.
      transporterOptions: { fetchImplementation: fetch },
    });
    client.setCredentials({ refresh_token: 'refresh' });
    return Promise.resolve(client);
  };
  const tokens = createGoogleTokens({
    loadClient,
    clock: { now: () => clock.now },
    iamEndpoint: google.origin,
  });
  return { clock, tokens };
}

const pathsOf = () => google.requests.map(({ path }) => path);

describe('the own identity', () => {
  it('has one token for all who ask', async () => {
    const { clock, tokens } = stage();
    expect(clock.loaded).toBe(0);
    const given = await Promise.all([1, 2, 3].map(() => tokens.accessToken(undefined)));
    expect(new Set(given)).toEqual(new Set(['own-1']));
    expect(await tokens.accessToken(undefined)).toBe('own-1');
    expect(clock.loaded).toBe(1);
    expect(pathsOf()).toEqual(['/token']);
  });

  it('gets another one when a registry has refused it', async () => {
    const { tokens } = stage();
    const first = await tokens.accessToken(undefined);
    const [again, other] = await Promise.all([
      tokens.accessToken(undefined, first),
      tokens.accessToken(undefined, first),
    ]);
    expect([again, other]).toEqual(['own-2', 'own-2']);
    expect(await tokens.accessToken(undefined, first)).toBe('own-2');
  });
});

describe('an impersonated account', () => {
  it('has a token of its own, in one request', async () => {
    const { tokens } = stage();
    expect(await tokens.accessToken(ACME)).toBe('theirs-2');
    expect(await tokens.accessToken(ACME)).toBe('theirs-2');
    const [, request] = google.requests;
    expect(request).toMatchObject({
      method: 'POST',
      path: `/v1/projects/-/serviceAccounts/${encodeURIComponent(ACME)}:generateAccessToken`,
      headers: { authorization: 'Bearer own-1' },
    });
    expect(JSON.parse(request!.body)).toEqual({
      scope: ['https://www.googleapis.com/auth/cloud-platform'],
      lifetime: '3600s',
    });
    expect(google.requests).toHaveLength(2);
  });

  it('is not mixed up with another', async () => {
    const { tokens } = stage();
    const [one, two] = await Promise.all([
      tokens.accessToken(ACME),
      tokens.accessToken(ACME.replace('acme', 'globex')),
    ]);
    expect(one).not.toBe(two);
  });

  it('gets a new token when less than five minutes are left', async () => {
    const { clock, tokens } = stage();
    const first = await tokens.accessToken(ACME);
    clock.now += 55 * 60_000 - 1;
    expect(await tokens.accessToken(ACME)).toBe(first);
    clock.now += 1;
    expect(await tokens.accessToken(ACME)).not.toBe(first);
  });

  it('gets a new token when a registry has refused it', async () => {
    const { clock, tokens } = stage();
    const first = await tokens.accessToken(ACME);
    expect(await tokens.accessToken(ACME, first)).not.toBe(first);
    expect(clock.loaded).toBe(1);
  });

  it('says which role is missing', async () => {
    impersonation = {
      status: 403,
      body: {
        error: { code: 403, message: 'Permission iam.serviceAccounts.getAccessToken denied' },
      },
    };
    const { tokens } = stage();
    const error: unknown = await tokens.accessToken(ACME).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toMatchObject({ status: 403, method: 'POST' });
    expect((error as Error).message).toContain(
      'iam.serviceAccounts.getAccessToken denied; to act as',
    );
    expect((error as Error).message).toContain('roles/iam.serviceAccountTokenCreator');
    expect(inspect(error, { depth: 9 })).not.toContain('own-1');
  });

  it('says which role may be missing when the answer does not say why', async () => {
    impersonation = { status: 404, body: 'not found' };
    const { tokens } = stage();
    await expect(tokens.accessToken(ACME)).rejects.toThrow(
      /404: to act as image-release@acme-prod\.iam\.gserviceaccount\.com, .*serviceAccountTokenCreator/,
    );
  });

  it('is a matter of the network when Google cannot be reached', async () => {
    const { tokens } = stage();
    await tokens.accessToken(undefined);
    await google.close();
    const error: unknown = await tokens.accessToken(ACME).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NetworkError);
    expect(inspect(error, { depth: 9 })).not.toContain('own-1');
  });
});

describe('credentials', () => {
  it('that cannot be loaded are looked for again the next time', async () => {
    let isThere = false;
    const tokens = createGoogleTokens({
      clock: systemClock,
      loadClient: () =>
        isThere
          ? Promise.resolve(
              Object.assign(new OAuth2Client(), {
                getAccessToken: () => Promise.resolve({ token: 'x' }),
              }),
            )
          : Promise.reject(new Error('Could not load the default credentials')),
    });
    await expect(tokens.accessToken(undefined)).rejects.toThrow(
      /Could not load the default credentials\. .*gcloud auth application-default login/,
    );
    isThere = true;
    expect(await tokens.accessToken(undefined)).toBe('x');
  });

  it.each([
    ['no token', () => Promise.resolve({ token: null })],
    ['a failure', () => Promise.reject(new Error('invalid_grant'))],
  ])('that give %s say what to do', async (_what, getAccessToken) => {
    const client = Object.assign(new OAuth2Client(), { getAccessToken });
    const tokens = createGoogleTokens({
      clock: systemClock,
      loadClient: () => Promise.resolve(client),
    });
    const error: unknown = await tokens.accessToken(undefined).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(GoogleCredentialsError);
  });

  it('are those of the application by default', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'google-'));
    const file = join(folder, 'credentials.json');
    await writeFile(file, '{"type":"unknown"}');
    process.env['GOOGLE_APPLICATION_CREDENTIALS'] = file;
    await expect(createGoogleTokens({ clock: systemClock }).accessToken(undefined)).rejects.toThrow(
      GoogleCredentialsError,
    );
    delete process.env['GOOGLE_APPLICATION_CREDENTIALS'];
    await rm(folder, { recursive: true });
  });
});
