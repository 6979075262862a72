import { failureOf } from '../../../test/support/open-repository';
import { createScriptedSend, type ArrivingAnswer } from '../../../test/support/scripted-send';
import { NetworkError, RegistryError } from '../http/errors';
import { emptyTraffic } from '../http/traffic';
import { basicHeader, fetchToken, type Credentials, type TokenRequest } from './docker-token';

const KIB = 1024;
const NOW = Date.UTC(2026, 10, 24);
const ME: Credentials = { username: 'me', password: 'correct horse' };
const REFRESH: Credentials = { identityToken: 'refresh me' };
const request: TokenRequest = {
  realm: new URL('https://auth.example/token'),
  service: undefined,
  scopes: ['repository:a/b:pull,push', 'repository:c/d:pull'],
  credentials: undefined,
  withheld: false,
};
const template = {
  configured: false,
  answerTimeoutMs: 300,
  idleTimeoutMs: 20,
  traffic: emptyTraffic(),
};

/** Asks an endpoint that answers one after another, and keeps how long it had. */
function stage(...script: (ArrivingAnswer | Error)[]) {
  const deadline = new AbortController();
  const waits: number[] = [];
  const released: boolean[] = [];
  const sent = createScriptedSend(() => {
    const answer = script.shift() ?? { status: 500 };
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const clock = {
    now: () => NOW,
    deadline(milliseconds: number) {
      waits.push(milliseconds);
      return { signal: deadline.signal, release: () => void released.push(true) };
    },
  };
  const fetch = (fields: Partial<TokenRequest> = {}) =>
    fetchToken(sent.send, { ...request, ...fields }, template, clock);
  return { ...sent, deadline, fetch, released, waits };
}

const TOKEN = { body: { token: 'x' } };

describe('a token', () => {
  it('is asked for with what it is for', async () => {
    const { fetch, requests } = stage(TOKEN);
    await fetch({ realm: new URL('https://auth.example/token?a=b'), service: 'the service' });
    expect(requests).toEqual([
      {
        ...template,
        method: 'GET',
        url: new URL(
          'https://auth.example/token?a=b&service=the+service&scope=repository%3Aa%2Fb%3Apull%2Cpush&scope=repository%3Ac%2Fd%3Apull',
        ),
        headers: {},
        signal: expect.any(AbortSignal) as AbortSignal,
      },
    ]);
  });

  it('is asked for with user and password', async () => {
    const { fetch, requests } = stage(TOKEN);
    await fetch({ credentials: ME, scopes: [] });
    const [{ url, headers } = { url: '', headers: {} }] = requests;
    expect(String(url)).toBe('https://auth.example/token');
    const basic = Buffer.from('me:correct horse').toString('base64');
    expect(headers).toEqual({ authorization: `Basic ${basic}` });
  });

  it.each([
    [undefined, {}],
    ['s', { service: 's' }],
  ])('is asked for with an identity token, of the service %s', async (service, field) => {
    const { fetch, requests } = stage(TOKEN);
    await fetch({ credentials: REFRESH, service });
    expect(requests).toHaveLength(1);
    const [{ body, ...post } = { body: undefined }] = requests;
    expect(post).toMatchObject({
      ...template,
      method: 'POST',
      url: request.realm,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(
      Object.fromEntries(new URLSearchParams(Buffer.from(body as Uint8Array).toString())),
    ).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh me',
      client_id: 'registry-relay',
      scope: 'repository:a/b:pull,push repository:c/d:pull',
      ...field,
    });
  });

  it.each([404, 405])(
    'is asked for with the identity token as a password where OAuth is answered %d',
    async (status) => {
      const { answers, fetch, requests } = stage({ status, body: 'not here' }, TOKEN);
      expect(await fetch({ credentials: REFRESH })).toMatchObject({ value: 'x' });
      const [, get] = requests;
      expect(requests).toHaveLength(2);
      expect(get).toMatchObject({
        ...template,
        method: 'GET',
        headers: { authorization: basicHeader('<token>', 'refresh me') },
      });
      expect(answers[0]?.body.readableEnded).toBe(true);
    },
  );

  it.each([
    ['token', { token: 'a', access_token: 'b' }, 'a'],
    ['access_token', { access_token: 'b' }, 'b'],
    ['all that a header may hold', { token: '!~' }, '!~'],
  ])('is read from %s', async (_where, body, value) => {
    expect((await stage({ body }).fetch()).value).toBe(value);
  });

  it.each([
    ['as long as is said', { expires_in: 300 }, 300],
    ['for a part of a second', { expires_in: 0.5 }, 0.5],
    ['for a minute where nothing is said', {}, 60],
    ['for a minute where no number is said', { expires_in: 'soon' }, 60],
    ['for a minute where none can be', { expires_in: 0 }, 60],
  ])('is valid %s', async (_how, fields, seconds) => {
    const { expiresAt } = await stage({ body: { token: 'x', ...fields } }).fetch();
    expect(expiresAt).toBe(NOW + seconds * 1000);
  });

  it('may stand in a long answer, and not in one that is too long', async () => {
    const body = (size: number) => '{"token":"x"}'.padEnd(size);
    expect((await stage({ body: body(64 * KIB) }).fetch()).value).toBe('x');
    expect(await failureOf(stage({ body: body(64 * KIB + 1) }).fetch())).toMatchObject({
      detail: 'the token endpoint answered 200 without a token',
    });
  });

  it.each([
    ['none', {}],
    ['an empty one', { token: '' }],
    ['a space in it', { token: 'x y' }],
    ['a line break at its end', { token: 'x\n' }],
    ['a line break at its beginning', { token: '\nx' }],
    ['what is not ASCII', { token: 'é' }],
    ['another type', { token: 42 }],
    ['no JSON', 'token=x'],
  ])('that has %s is refused', async (_what, body) => {
    const error = await failureOf(stage({ body }).fetch());
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toMatchObject({
      method: 'GET',
      url: 'https://auth.example/token',
      status: 401,
      codes: [],
      detail: 'the token endpoint answered 200 without a token',
    });
  });
});

describe('a refusal', () => {
  it.each([
    [400, { error: 'invalid_grant' }, 'the token endpoint answered 400: invalid_grant'],
    [404, '', 'the token endpoint answered 404'],
    [302, '', 'the token endpoint answered 302'],
    [201, { token: 'x' }, 'the token endpoint answered 201'],
  ])('of %d counts as 401', async (status, body, detail) => {
    const error = await failureOf(stage({ status, body }).fetch({ credentials: ME }));
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toMatchObject({ status: 401, url: 'https://auth.example/token', detail });
  });

  it('says that credentials were withheld', async () => {
    const { fetch } = stage({ status: 401, body: { message: 'who are you?' } });
    expect(await failureOf(fetch({ withheld: true }))).toMatchObject({
      detail:
        'the token endpoint answered 401: who are you?; it was asked without the credentials of the registry, which go over https or to the registry itself',
    });
  });

  it('of OAuth is not asked for with a password', async () => {
    const { fetch, requests } = stage({ status: 403 }, TOKEN);
    expect(await failureOf(fetch({ credentials: REFRESH }))).toMatchObject({
      method: 'POST',
      status: 401,
    });
    expect(requests).toHaveLength(1);
  });

  it('that may pass stays what it is', async () => {
    const { fetch } = stage({ status: 429, headers: { 'retry-after': '7' } });
    expect(await failureOf(fetch())).toMatchObject({ status: 429, retryAfterSeconds: 7 });
    expect(await failureOf(stage({ status: 503 }).fetch())).toMatchObject({ status: 503 });
  });

  it.each<[string, Credentials, string]>([
    [
      'a password',
      ME,
      `${basicHeader('me', 'correct horse').slice(6)} correct+horse correct horse`,
    ],
    [
      'an identity token',
      REFRESH,
      `${basicHeader('<token>', 'refresh me').slice(6)} refresh+me refresh me`,
    ],
  ])('does not repeat %s in any form', async (_what, credentials, body) => {
    const error = await failureOf(stage({ status: 400, body }).fetch({ credentials }));
    expect(error).toMatchObject({
      detail: 'the token endpoint answered 400: [secret] [secret] [secret]',
    });
  });

  it('is quoted as it is if there is no password', async () => {
    const credentials = { username: 'me', password: '' };
    const error = await failureOf(stage({ status: 400, body: 'no' }).fetch({ credentials }));
    expect(error).toMatchObject({ detail: 'the token endpoint answered 400: no' });
  });
});

describe('the time for all of it', () => {
  it('is that of an answer and of a pause in it, and ends with it', async () => {
    const { deadline, fetch, released, requests, waits } = stage(TOKEN);
    await fetch();
    expect(waits).toEqual([320]);
    expect(requests[0]?.signal).toBe(deadline.signal);
    expect(released).toEqual([true]);
  });

  it('keeps its error if renewal fails', async () => {
    const failure = new Error('no such host');
    const { fetch, released } = stage(failure);
    expect(await failureOf(fetch())).toBe(failure);
    expect(released).toEqual([true]);
  });

  it('is over for a failure of the network', async () => {
    const reason = new Error('timed out');
    const { deadline, fetch } = stage(reason);
    deadline.abort(reason);
    const realm = new URL('https://auth.example/token?account=SECRET');
    const error = await failureOf(fetch({ realm }));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({
      method: 'GET',
      url: 'https://auth.example/token',
      cause: reason,
    });
  });
});
