import { createTestRegistry, type TestRegistry } from '../../../local/servers/registry/test-client';
import { responseOf } from '../../../test/support/scripted-send';
import { createGoogleAuthenticator, type GoogleTokens } from './auth';
import { sendAuthorized, type Caller } from './authorized-send';
import { dropBody } from '../http/bodies';
import { createPools } from '../http/pools';
import { emptyTraffic } from '../http/traffic';
import { createSend, type HttpResponse, type Send } from '../http/transport';

const accepted: string[] = [];
const pools = createPools({ connectTimeoutMs: 1000 });
let registry: TestRegistry;
beforeAll(async () => {
  registry = await createTestRegistry({ auth: { scheme: 'google', tokens: accepted } });
});
beforeEach(() => {
  accepted.length = 0;
  registry.requests.reset();
});
afterAll(async () => {
  await pools.close();
  await registry.close();
});

async function head(
  googleTokens: GoogleTokens,
  caller: Partial<Caller> = {},
  identity?: string,
  send: Send = createSend(pools),
) {
  const origin = new URL(registry.origin);
  const { response, renewed } = await sendAuthorized(
    { method: 'HEAD', url: new URL('/v2/a/b/manifests/v1', origin), accept: [] },
    {
      access: {
        registry: registry.address,
        origin,
        ownOrigins: new Set([registry.origin]),
        repository: 'a/b',
        access: 'push',
        identity,
      },
      traffic: emptyTraffic(),
      ...caller,
    },
    {
      send,
      authenticator: createGoogleAuthenticator(googleTokens),
      answerTimeoutMs: 1000,
      idleTimeoutMs: 1000,
    },
  );
  await dropBody(response);
  return { status: response.status, renewed };
}

it('sends a Google access token as the bearer, with the first request', async () => {
  accepted.push('ya29.one');
  const asked: unknown[] = [];
  const accessToken: GoogleTokens['accessToken'] = (identity) => {
    asked.push(identity);
    return Promise.resolve('ya29.one');
  };
  expect(await head({ accessToken }, {}, 'me@acme.iam')).toEqual({ status: 404, renewed: false });
  expect(asked).toEqual(['me@acme.iam']);
  expect(registry.requests.counts()).toEqual({ headManifest: 1 });
});

it('asks for another token when one is refused, once', async () => {
  accepted.push('ya29.two');
  const rejections: unknown[] = [];
  const accessToken: GoogleTokens['accessToken'] = (_identity, rejected) => {
    if (rejected !== undefined) rejections.push(rejected);
    return Promise.resolve(rejections.length === 0 ? 'ya29.one' : 'ya29.two');
  };
  expect(await head({ accessToken })).toEqual({ status: 404, renewed: false });
  expect(rejections).toEqual(['ya29.one']);
});

it('learns from a refusal of what was sent without a token that there is one', async () => {
  const rejections: unknown[] = [];
  const google = createGoogleAuthenticator({
    accessToken(_identity, rejected) {
      rejections.push(rejected);
      return Promise.resolve('ya29.one');
    },
  });
  const refusal = responseOf({ status: 401 });
  const access = {
    registry: registry.address,
    origin: new URL(registry.origin),
    ownOrigins: new Set([registry.origin]),
    repository: 'a/b',
    access: 'pull',
  } as const;
  expect(await google.learn(access, refusal, undefined, { traffic: emptyTraffic() })).toBe(true);
  expect(rejections).toStrictEqual([undefined]);
});

it('keeps the refusal if there is no other token', async () => {
  const accessToken = () => Promise.resolve('ya29.one');
  expect(await head({ accessToken })).toEqual({ status: 401, renewed: false });
  expect(registry.requests.counts()).toEqual({ headManifest: 1 });
});

it('leaves no answer open when another token cannot be had', async () => {
  const accessToken: GoogleTokens['accessToken'] = (_identity, rejected) =>
    rejected === undefined ? Promise.resolve('ya29.one') : Promise.reject(new Error('no token'));
  const answers: HttpResponse[] = [];
  const send: Send = async (request) => {
    const answer = await createSend(pools)(request);
    answers.push(answer);
    return answer;
  };
  await expect(head({ accessToken }, {}, undefined, send)).rejects.toThrow('no token');
  expect(answers.map(({ status, body }) => [status, body.closed])).toEqual([[401, true]]);
});

it('does not take a 403 for a stale token', async () => {
  const headers = { 'www-authenticate': 'Bearer error="insufficient_scope"' };
  registry.faults.add({ on: 'headManifest', answer: { status: 403, headers } });
  const accessToken = (_identity: unknown, rejected?: string) =>
    Promise.resolve(rejected === undefined ? 'one' : 'two');
  expect(await head({ accessToken })).toEqual({ status: 403, renewed: false });
});

it('stops waiting for a token with its signal', async () => {
  const reason = new Error('too late');
  const abort = new AbortController();
  const waiting = head(
    { accessToken: () => new Promise(() => undefined) },
    { signal: abort.signal },
  );
  abort.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(
    head({ accessToken: () => Promise.resolve('x') }, { signal: abort.signal }),
  ).rejects.toBe(reason);
});
