import { failureOf } from '../../../test/support/open-repository';
import {
  createScriptedSend,
  responseOf,
  type ArrivingAnswer,
} from '../../../test/support/scripted-send';
import { AddressRefusedError } from '../http/errors';
import { emptyTraffic } from '../http/traffic';
import type { HttpRequest } from '../http/transport';
import type { Access } from './auth';
import { createDockerAuthenticator, parseChallenges } from './docker-auth';
import { basicHeader, type Credentials } from './docker-token';

describe('docker auth', () => {
  const ME: Credentials = { username: 'me', password: 'correct horse' };
  const BASIC = basicHeader('me', 'correct horse');
  const ORIGIN = new URL('https://registry.example');
  const access: Access = {
    registry: 'registry.example',
    origin: ORIGIN,
    ownOrigins: new Set([ORIGIN.origin]),
    repository: 'a/b',
    access: 'pull',
  };
  const requester = { traffic: emptyTraffic() };
  const BEARER = 'Bearer realm="https://auth.example/token",service="s"';
  const refusal = (challenge?: string | string[]) =>
    responseOf({
      status: 401,
      headers: challenge === undefined ? {} : { 'www-authenticate': challenge },
    });
  const scopesOf = (requests: readonly HttpRequest[]) =>
    requests.map(({ url }) => url.searchParams.getAll('scope'));

  interface Stage {
    readonly credentials?: Credentials;
    readonly script?: (index: number) => ArrivingAnswer | Promise<ArrivingAnswer>;
  }

  /** An authenticator whose token endpoint gives `token1`, `token2`, ..., each valid for 60 s. */
  function stage({ credentials, script }: Stage = {}) {
    let index = 0;
    const sent = createScriptedSend(() => {
      index += 1;
      return script?.(index) ?? { body: { token: `token${index}` } };
    });
    const looked: string[] = [];
    const time = { now: 0 };
    const authenticator = createDockerAuthenticator({
      send: sent.send,
      clock: {
        now: () => time.now,
        deadline: () => ({ signal: new AbortController().signal, release: () => undefined }),
      },
      timeoutMs: 300,
      findCredentials({ registry }) {
        looked.push(registry);
        return Promise.resolve(credentials);
      },
    });
    const authorize = (fields: Partial<Access> = {}) =>
      authenticator.authorize({ ...access, ...fields }, requester);
    const learn = (
      challenge: string | string[] | undefined,
      token?: string,
      fields: Partial<Access> = {},
    ) => authenticator.learn({ ...access, ...fields }, refusal(challenge), token, requester);
    return { ...sent, authenticator, authorize, learn, looked, time };
  }

  it('sends nothing that was not asked for', async () => {
    const { authorize, looked, requests } = stage({ credentials: ME });
    expect(await authorize()).toBeUndefined();
    expect([looked, requests]).toEqual([[], []]);
  });

  describe('Basic authentication', () => {
    it('is that of a registry, for all its repositories, once it has asked for it', async () => {
      const { authorize, learn, looked } = stage({ credentials: ME });
      expect(await learn('Basic realm="x"')).toBe(true);
      expect(await authorize()).toBe(BASIC);
      expect(looked).toEqual(['registry.example']);
      expect(await authorize({ repository: 'c/d' })).toBe(BASIC);
      expect(await authorize({ registry: 'other.example' })).toBeUndefined();
    });

    it('never ends', async () => {
      const { authorize, learn, looked, time } = stage({ credentials: ME });
      await learn('Basic');
      time.now = Number.MAX_SAFE_INTEGER;
      expect(await authorize()).toBe(BASIC);
      expect(looked).toHaveLength(1);
    });

    it.each<[string, Credentials | undefined]>([
      ['nothing', undefined],
      ['an identity token', { identityToken: 'x' }],
    ])('teaches nothing to who has %s', async (_what, credentials) => {
      const { authorize, learn } = stage(credentials && { credentials });
      expect(await learn('Basic')).toBe(false);
      expect(await authorize()).toBeUndefined();
    });

    it('teaches nothing to who has just sent the same', async () => {
      const { learn, looked } = stage({ credentials: ME });
      await learn('Basic');
      expect(await learn('Basic', BASIC)).toBe(false);
      expect(looked).toHaveLength(2);
    });
  });

  describe('a token', () => {
    it('is asked for as the registry has said, and kept for its repository', async () => {
      const { authorize, learn, requests } = stage({ credentials: ME });
      expect(await learn(BEARER)).toBe(true);
      expect(await authorize()).toBe('Bearer token1');
      expect(requests).toMatchObject([
        {
          method: 'GET',
          url: new URL('https://auth.example/token?service=s&scope=repository%3Aa%2Fb%3Apull'),
          headers: { authorization: BASIC },
          configured: false,
          answerTimeoutMs: 300,
          idleTimeoutMs: 300,
          traffic: requester.traffic,
        },
      ]);
      expect(await authorize({ repository: 'c/d' })).toBe('Bearer token2');
      expect(await authorize()).toBe('Bearer token1');
    });

    it('is one for each access to each repository', async () => {
      const { authorize, learn, requests } = stage();
      await learn(BEARER);
      await authorize({ access: 'push' });
      await authorize({ alsoPull: 'c/d' });
      await authorize({ access: 'push', alsoPull: 'c/d' });
      await authorize({ access: 'push' });
      expect(scopesOf(requests)).toEqual([
        ['repository:a/b:pull'],
        ['repository:a/b:pull,push'],
        ['repository:a/b:pull', 'repository:c/d:pull'],
        ['repository:a/b:pull,push', 'repository:c/d:pull'],
      ]);
    });

    it('is replaced ten seconds before it ends', async () => {
      const { authorize, learn, time } = stage();
      await learn(BEARER);
      time.now = 49_999;
      expect(await authorize()).toBe('Bearer token1');
      time.now = 50_000;
      expect(await authorize()).toBe('Bearer token2');
    });

    it('is got once for all who wait for it, also when it fails', async () => {
      const { authorize, learn, requests } = stage({
        script: (index) => (index === 2 ? { status: 403 } : { body: { token: `token${index}` } }),
      });
      await learn(BEARER);
      const both = [authorize({ access: 'push' }), authorize({ access: 'push' })].map(failureOf);
      expect(await Promise.all(both)).toMatchObject([{ status: 401 }, { status: 401 }]);
      expect(requests).toHaveLength(2);
      expect(await authorize({ access: 'push' })).toBe('Bearer token3');
    });

    it('is waited for no longer than a copy does', async () => {
      const reason = new Error('the deadline is near');
      const { authenticator, learn } = stage({
        script: (index) => (index === 1 ? { body: { token: 'x' } } : new Promise(() => undefined)),
      });
      await learn(BEARER);
      const abort = new AbortController();
      const waiting = authenticator.authorize(
        { ...access, access: 'push' },
        { ...requester, signal: abort.signal },
      );
      abort.abort(reason);
      expect(await failureOf(waiting)).toBe(reason);
    });

    it('is kept with a thousand others at most', async () => {
      const { authorize, learn, looked } = stage({ credentials: ME });
      const ask = (index: number) => authorize({ repository: `r/${index}` });
      await learn('Basic', undefined, { repository: 'r/1' });
      for (let index = 2; index <= 1000; index += 1) await ask(index);
      await ask(1);
      expect(looked).toHaveLength(1000);
      await ask(1001);
      await ask(1001);
      expect(looked).toHaveLength(1001);
      await ask(1);
      expect(looked).toHaveLength(1002);
    });
  });

  describe('a token that is refused', () => {
    it('is replaced', async () => {
      const { authorize, learn } = stage();
      await learn(BEARER);
      expect(await learn(BEARER, 'Bearer token1')).toBe(true);
      expect(await authorize()).toBe('Bearer token2');
    });

    it('is replaced once for all who sent it', async () => {
      const { learn, requests } = stage();
      await learn(BEARER);
      await learn(BEARER, 'Bearer token1');
      expect(await learn(BEARER, 'Bearer token1')).toBe(true);
      expect(requests).toHaveLength(2);
    });

    it('is forgotten although nothing is said of what would do', async () => {
      const { authorize, learn } = stage();
      await learn(BEARER);
      expect(await learn(undefined, 'Bearer token1')).toBe(false);
      expect(await authorize()).toBe('Bearer token2');
    });

    it('is replaced by one for what the registry wants besides, from now on', async () => {
      const { authorize, learn, requests, time } = stage();
      const wanting = `${BEARER},scope="repository:library/b:pull  repository:a/b:pull x:y:z"`;
      await learn(wanting);
      expect(scopesOf(requests)).toEqual([['repository:a/b:pull']]);
      expect(await learn(wanting, 'Bearer token1')).toBe(true);
      const wide = ['repository:library/b:pull', 'x:y:z', 'repository:a/b:pull'];
      expect(scopesOf(requests)[1]).toEqual(wide);
      time.now = 3_600_000;
      await authorize();
      expect(scopesOf(requests)[2]).toEqual(wide);
      await authorize({ access: 'push' });
      expect(scopesOf(requests)[3]).toEqual(['repository:a/b:pull,push']);
    });

    it('is replaced for who wants more, also where others have one that is newer', async () => {
      const { learn, requests } = stage();
      await learn(BEARER);
      expect(await learn(`${BEARER},scope="x:y:z"`, 'Bearer token0')).toBe(true);
      expect(scopesOf(requests)[1]).toEqual(['x:y:z', 'repository:a/b:pull']);
    });

    it('is replaced by the same where nothing more is wanted', async () => {
      const { learn, requests } = stage();
      await learn(BEARER);
      await learn(`${BEARER},scope="repository:a/b:pull"`, 'Bearer token1');
      expect(scopesOf(requests)).toEqual([['repository:a/b:pull'], ['repository:a/b:pull']]);
    });
  });

  describe('a challenge', () => {
    it.each<[string, string | string[] | undefined, string | undefined]>([
      ['nothing', undefined, undefined],
      ['an unknown scheme', 'Negotiate', undefined],
      ['no realm', 'Bearer service="s"', undefined],
      ['a realm that is not a URL', 'Bearer realm="registry"', undefined],
      ['a realm of another kind', 'Bearer realm="ftp://auth.example/"', undefined],
      ['a realm in it', 'Bearer realm="x https://auth.example/"', undefined],
      ['a realm of another scheme', 'Digest realm="https://auth.example/"', undefined],
      ['Basic alone', 'Basic realm="x"', BASIC],
      ['Basic after what is not known', ['Negotiate', 'Basic'], BASIC],
      ['tokens after Basic', `Basic realm="x", ${BEARER}`, 'Bearer token1'],
      ['tokens after what cannot be used', ['Bearer service="s"', BEARER], 'Bearer token1'],
      ['tokens in capitals', 'BEARER realm="HTTPS://auth.example/token"', 'Bearer token1'],
    ])('with %s is answered with %s', async (_what, challenge, header) => {
      const { authorize, learn } = stage({ credentials: ME });
      expect(await learn(challenge)).toBe(header !== undefined);
      expect(await authorize()).toBe(header);
    });

    it('may name no service', async () => {
      const { learn, requests } = stage();
      await learn('Bearer realm="https://auth.example/token"');
      expect(requests[0]?.url.searchParams.has('service')).toBe(false);
    });

    it('may not point where no registry should', async () => {
      const { learn, requests } = stage();
      expect(await failureOf(learn('Bearer realm="https://10.0.0.1/token"'))).toBeInstanceOf(
        AddressRefusedError,
      );
      expect(requests).toStrictEqual([]);
    });

    it.each([
      ['https://registry.example', 'https://auth.example/token', true, false],
      ['https://registry.example', 'https://registry.example:8443/token', true, false],
      ['http://registry.example:5000', 'http://registry.example:5000/token', true, true],
      ['http://registry.example:5000', 'http://registry.example:5001/token', false, false],
      ['http://registry.example:5000', 'http://auth.example/token', false, false],
      ['http://registry.example:5000', 'https://auth.example/token', true, false],
    ])('of %s to ask %s shows it a password: %s', async (origin, realm, isShown, configured) => {
      const { learn, requests } = stage({
        credentials: ME,
        script: () => ({ status: 403, body: 'no' }),
      });
      const asked = learn(`Bearer realm="${realm}"`, undefined, {
        origin: new URL(origin),
        ownOrigins: new Set([origin]),
      });
      const error = await failureOf(asked);
      expect(requests).toMatchObject([{ configured }]);
      expect(requests[0]?.headers['authorization'] !== undefined).toBe(isShown);
      expect((error as Error).message.includes('without the credentials')).toBe(!isShown);
    });

    it('says nothing of a password where there is none', async () => {
      const { learn } = stage({ script: () => ({ status: 403 }) });
      const origin = new URL('http://registry.example');
      expect(
        await failureOf(learn('Bearer realm="http://auth.example/"', undefined, { origin })),
      ).toMatchObject({ detail: 'the token endpoint answered 403' });
    });
  });
});

describe('challenge', () => {
  const plain = (headers: string | string[] | undefined) =>
    parseChallenges(headers).map(({ scheme, parameters }) => [
      scheme,
      Object.fromEntries(parameters),
    ]);

  it.each<[string, string | string[] | undefined, unknown[]]>([
    ['nothing', undefined, []],
    ['an empty header', '', []],
    ['one scheme', 'Basic', [['basic', {}]]],
    [
      'commas in quotes',
      'Bearer realm="https://r/token",service="r",scope="repository:x:pull,push"',
      [['bearer', { realm: 'https://r/token', service: 'r', scope: 'repository:x:pull,push' }]],
    ],
    [
      'several challenges in one header',
      'Basic realm="a, b", Bearer realm="https://r/t", error="x"',
      [
        ['basic', { realm: 'a, b' }],
        ['bearer', { realm: 'https://r/t', error: 'x' }],
      ],
    ],
    [
      'several headers',
      ['Negotiate', 'bearer REALM="https://r/t"'],
      [
        ['negotiate', {}],
        ['bearer', { realm: 'https://r/t' }],
      ],
    ],
    [
      'token68 before another challenge',
      'NTLM dGVzdA==, Basic realm=x',
      [
        ['ntlm', {}],
        ['basic', { realm: 'x' }],
      ],
    ],
    ['token68 at the end', 'NTLM  dGVzdA==', [['ntlm', {}]]],
    ['token68 without padding', 'Negotiate dGVz', [['negotiate', {}]]],
    [
      'spaces and empty elements',
      ' , Bearer  realm = "https://r/t" ,, service = r ',
      [['bearer', { realm: 'https://r/t', service: 'r' }]],
    ],
    ['escaped quotes', 'Basic realm="a \\"b\\" \\\\c"', [['basic', { realm: 'a "b" \\c' }]]],
    [
      'a URL without quotes',
      'Bearer realm=https://r/t,service=r',
      [['bearer', { realm: 'https://r/t', service: 'r' }]],
    ],
    ['an open quote', 'Bearer realm="https://r/t', [['bearer', {}]]],
    ['a parameter without a scheme', 'realm="x", Basic', []],
    ['garbage after a challenge', 'Basic realm="x" (', [['basic', { realm: 'x' }]]],
    ['garbage after a scheme', 'Basic/x, Bearer', [['basic', {}]]],
  ])('reads %s', (_what, header, challenges) => {
    expect(plain(header)).toStrictEqual(challenges);
  });
});
