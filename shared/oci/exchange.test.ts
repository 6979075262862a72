import { Readable } from 'node:stream';
import type { TestRegistry } from '../../local/servers/registry/test-client';
import { tooManyRequests } from '../../local/servers/registry/faults/answers';
import { failureOf } from '../../test/support/open-repository';
import { createJumpingClock } from '../../test/support/jumping-clock';
import { createScriptedSend, type ArrivingAnswer } from '../../test/support/scripted-send';
import { createScriptedServer } from '../../test/support/scripted-server';
import { useTestRegistry } from '../../test/support/use-test-registry';
import type { Call } from './auth/authorized-send';
import { createExchange } from './exchange';
import { NetworkError, RegistryError } from './http/errors';
import { createRetries } from './http/retries';
import { emptyTraffic } from './http/traffic';
import type { Send } from './http/transport';
import { systemClock } from '../system/clock';

const NAME = { registry: 'registry.example', repository: 'a/b' };
const ORIGIN = new URL('https://registry.example');
const CALL: Call = { method: 'PUT', url: new URL('/v2/a/b/manifests/v1', ORIGIN), accept: [201] };

/** An exchange with a server that answers, or fails to, one after another: with the last for ever. */
function stage(
  script: (ArrivingAnswer | Error)[],
  { authorization, signal }: { authorization?: string; signal?: AbortSignal } = {},
) {
  const { send, requests, answers } = createScriptedSend(() => {
    const answer = (script.length > 1 ? script.shift() : script[0]) ?? {};
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const clock = createJumpingClock();
  const traffic = emptyTraffic();
  const breaks: unknown[][] = [];
  const exchange = createExchange({
    send,
    authenticator: {
      authorize: () => Promise.resolve(authorization),
      learn: () => Promise.resolve(true),
    },
    caller: {
      access: { ...NAME, origin: ORIGIN, ownOrigins: new Set([ORIGIN.origin]), access: 'push' },
      traffic,
      signal,
    },
    retries: createRetries({ clock, random: () => 0.5 }),
    pauses: {
      wait: (...about) => Promise.resolve(void breaks.push(['wait', ...about])),
      begin: (key, { status }, firstMs) => void breaks.push(['begin', key, status, firstMs]),
      end: (...about) => void breaks.push(['end', ...about]),
    },
    pause: { key: 'registry.example', firstMs: 1000 },
    clock,
    answerTimeoutMs: 300,
    idleTimeoutMs: 20,
  });
  const ask = (call: Partial<Call> = {}) =>
    exchange({ ...CALL, ...call }, (response) => Promise.resolve(response.status));
  return { answers, ask, breaks, exchange, requests, traffic };
}

const lost = (code: string, method = 'PUT') =>
  new NetworkError(method, 'https://registry.example/…', Object.assign(new Error('x'), { code }));
/** What a token endpoint, asked on the way, is answered with. */
const refusedBefore = (status: number) =>
  new RegistryError({
    method: 'GET',
    url: 'https://auth.example/token',
    status,
    entries: [],
    detail: '',
  });

describe('an answer', () => {
  it('that is accepted is read, and ends a break', async () => {
    const { ask, breaks, requests } = stage([{ status: 201 }]);
    expect(await ask()).toBe(201);
    expect(requests).toHaveLength(1);
    expect(breaks).toEqual([
      ['wait', 'registry.example', undefined],
      ['end', 'registry.example'],
    ]);
  });

  it('of a limit begins a break, for which each try waits', async () => {
    const { signal } = new AbortController();
    const { ask, breaks } = stage([{ status: 429 }, { status: 201 }], { signal });
    expect(await ask()).toBe(201);
    expect(breaks).toEqual([
      ['wait', 'registry.example', signal],
      ['begin', 'registry.example', 429, 1000],
      ['wait', 'registry.example', signal],
      ['end', 'registry.example'],
    ]);
  });

  it.each<[string, ArrivingAnswer | Error]>([
    ['a failure of the server', { status: 503 }],
    ['a failure of the network', lost('ECONNRESET')],
  ])('that does not come begins none: %s', async (_what, failure) => {
    const { ask, breaks, requests } = stage([failure]);
    expect(await failureOf(ask())).toMatchObject({ method: 'PUT', attempts: 3 });
    expect(requests).toHaveLength(3);
    expect(breaks.map(([what]) => what)).toEqual(['wait', 'wait', 'wait']);
  });

  it('whose reading fails is asked for again', async () => {
    const { exchange, requests } = stage([{ status: 201 }]);
    const broken = lost('UND_ERR_SOCKET');
    const tries = [() => Promise.reject(broken), () => Promise.resolve('read')];
    expect(await exchange(CALL, () => tries.shift()!())).toBe('read');
    expect(requests).toHaveLength(2);
  });

  it('is not asked for again where it cannot be', async () => {
    const { ask, requests } = stage([{ status: 503 }]);
    expect(await failureOf(ask({ replayable: false }))).toMatchObject({
      status: 503,
      attempts: 1,
      credentialsRenewed: false,
    });
    expect(requests).toHaveLength(1);
  });

  it('reports newer credentials for a request that cannot be repeated', async () => {
    const { ask } = stage([{ status: 401 }], { authorization: 'Bearer x' });
    expect(await failureOf(ask({ replayable: false }))).toMatchObject({
      status: 401,
      credentialsRenewed: true,
    });
  });

  it('of another kind of failure is that failure', async () => {
    const failure = new Error('the helper is not installed');
    const { ask, requests } = stage([failure]);
    expect(await failureOf(ask())).toBe(failure);
    expect(requests).toHaveLength(1);
  });

  it('is not asked for once its caller has gone', async () => {
    const reason = new Error('the deadline is near');
    const { ask, requests } = stage([{ status: 201 }], { signal: AbortSignal.abort(reason) });
    expect(await failureOf(ask())).toBe(reason);
    expect(requests).toStrictEqual([]);
  });

  it('that its caller does not wait for is the reason of that', async () => {
    const reason = new Error('the deadline is near');
    const abort = new AbortController();
    const { exchange, breaks } = stage([{ status: 429 }], { signal: abort.signal });
    const call = { ...CALL, accept: [429] };
    const asked = exchange(call, () => {
      abort.abort(reason);
      return Promise.reject(refusedBefore(429));
    });
    expect(await failureOf(asked)).toBe(reason);
    expect(breaks.map(([what]) => what)).toEqual(['wait', 'end']);
  });
});

describe('the write of a tag', () => {
  it.each<[string, ArrivingAnswer | Error, number]>([
    ['a lost connection', lost('ECONNRESET'), 3],
    ['no answer in time', lost('UND_ERR_HEADERS_TIMEOUT'), 3],
    ['500', { status: 500 }, 3],
    ['503', { status: 503 }, 3],
    ['408', { status: 408 }, 3],
    ['499', { status: 499 }, 3],
    ['501, which is final', { status: 501 }, 1],
    [
      'a web page',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>Sign in' },
      1,
    ],
    ['another success', { status: 204 }, 1],
    ['a way to a sign-in page', { status: 302, headers: { location: '/login' } }, 1],
    ['a way without an end', { status: 307, headers: { location: '/v2/' } }, 1],
    ['429', { status: 429 }, 0],
    ['400', { status: 400 }, 0],
    ['403', { status: 403 }, 0],
    ['a name that cannot be looked up now', lost('EAI_AGAIN'), 0],
    ['a name that is none', lost('ENOTFOUND'), 0],
    ['no listener', lost('ECONNREFUSED'), 0],
    ['no way to the host', lost('EHOSTUNREACH'), 0],
    ['no way to the network', lost('ENETUNREACH'), 0],
    ['no connection in time', lost('UND_ERR_CONNECT_TIMEOUT'), 0],
    ['a token endpoint that does not answer', lost('ECONNRESET', 'GET'), 0],
    ['a token endpoint that fails', refusedBefore(503), 0],
    ['another kind of failure', new Error('the helper is not installed'), 0],
  ])('with %s', async (_what, failure, times) => {
    const { ask, traffic } = stage([failure]);
    await failureOf(ask({ setsTag: true }));
    expect(traffic.unconfirmedTagWrites).toBe(times);
  });

  it('is in doubt as often as it was, although it ends well', async () => {
    const { ask, traffic } = stage([{ status: 502 }, lost('ECONNRESET'), { status: 201 }]);
    expect(await ask({ setsTag: true })).toBe(201);
    expect(traffic.unconfirmedTagWrites).toBe(2);
  });

  it('is in doubt where it is accepted, and its answer cannot be used', async () => {
    const { exchange, traffic } = stage([{ status: 200 }]);
    const page = new RegistryError({
      method: 'PUT',
      url: 'https://registry.example/…',
      status: 200,
      entries: [],
      detail: 'a web page',
    });
    const call = { ...CALL, accept: [200], setsTag: true };
    expect(await failureOf(exchange(call, () => Promise.reject(page)))).toMatchObject({
      status: 200,
    });
    expect(traffic.unconfirmedTagWrites).toBe(1);
  });

  it.each([200, 201, 202])('is in no doubt where %i is accepted', async (status) => {
    const { ask, traffic } = stage([{ status }]);
    expect(await ask({ accept: [200, 201, 202], setsTag: true })).toBe(status);
    expect(traffic.unconfirmedTagWrites).toBe(0);
  });

  it('is unconfirmed if its caller did not wait for the response', async () => {
    const reason = new Error('the deadline is near');
    const abort = new AbortController();
    const { exchange, traffic } = stage([{ status: 201 }], { signal: abort.signal });
    const asked = exchange({ ...CALL, setsTag: true }, () => {
      abort.abort(reason);
      return Promise.reject(reason);
    });
    expect(await failureOf(asked)).toBe(reason);
    expect(traffic.unconfirmedTagWrites).toBe(1);
  });

  it('is all that is counted', async () => {
    const { ask, traffic } = stage([{ status: 503 }]);
    await failureOf(ask());
    await failureOf(ask({ setsTag: false }));
    expect(traffic.unconfirmedTagWrites).toBe(0);
  });
});

describe('what was sent as Authorization', () => {
  const basic = Buffer.from('me:correct:horse').toString('base64');
  it.each([
    ['a token', 'Bearer issued', 'Bearer issued, issued', 'Bearer [secret], [secret]'],
    [
      'a password, in both forms',
      `Basic ${basic}`,
      `${basic}, which is me:correct:horse`,
      '[secret], which is me:[secret]',
    ],
    ['no password', `Basic ${Buffer.from('me:').toString('base64')}`, 'me: no', 'me: no'],
    ['what looks like a password, and is a token', 'Bearer bWU6eA==', 'x: bWU6eA==', 'x: [secret]'],
    ['nothing', undefined, 'no', 'no'],
    ['no token', 'Bearer ', 'no', 'no'],
  ])('is not quoted: %s', async (_what, authorization, body, detail) => {
    const { ask } = stage(
      [{ status: 400, body }],
      authorization === undefined ? {} : { authorization },
    );
    expect(await failureOf(ask())).toMatchObject({ detail });
  });
});

let registry: TestRegistry;
const { open } = useTestRegistry(async (made) => {
  registry = made;
  await registry.pushImage('a/b', 'v1');
});
const heads = () => registry.requests.of('headManifest').length;

describe('a request that fails for the moment', () => {
  it.each([
    ['a busy server', { answer: { status: 503 } }],
    ['a lost answer', { dropAnswer: true as const }],
  ])('is sent three times: %s', async (_what, effect) => {
    registry.faults.add({ on: 'headManifest', ...effect, times: 2 });
    const { repository, sleeps } = open();
    expect(await repository.headManifest('v1')).toBeDefined();
    expect(heads()).toBe(3);
    expect(sleeps).toEqual([300, 1200]);
  });

  it('fails with the last answer after that, and says how often it was sent', async () => {
    registry.faults.add({ on: 'headManifest', answer: { status: 502 }, times: 9 });
    expect(await failureOf(open().repository.headManifest('v1'))).toMatchObject({
      name: 'RegistryError',
      status: 502,
      attempts: 3,
    });
    expect(heads()).toBe(3);
  });

  it('is sent again as far as the budget of its copy goes', async () => {
    registry.faults.add({ on: 'headManifest', answer: { status: 503 }, times: 9 });
    const retryBudget = { remaining: 3 };
    const { repository } = open({ retryBudget });
    await failureOf(repository.headManifest('v1'));
    expect(heads()).toBe(3);
    await failureOf(repository.headManifest('v1'));
    expect(heads()).toBe(5);
    await failureOf(repository.headManifest('v1'));
    expect(heads()).toBe(6);
  });

  it('waits as long as it is asked to', async () => {
    const answer = { status: 503, headers: { 'retry-after': '7' } };
    registry.faults.add({ on: 'headManifest', answer });
    const { repository, sleeps } = open();
    await repository.headManifest('v1');
    expect(sleeps).toEqual([7000]);
  });

  it('is left to the caller when it is asked to wait for long', async () => {
    const answer = { status: 503, headers: { 'retry-after': '3600' } };
    registry.faults.add({ on: 'headManifest', answer });
    expect(await failureOf(open().repository.headManifest('v1'))).toMatchObject({
      status: 503,
      retryAfterSeconds: 3600,
    });
    expect(heads()).toBe(1);
  });

  it('is given up when the answer does not begin in time', async () => {
    registry.faults.add({ on: 'headManifest', delayMs: 60_000, times: 3 });
    const error = await failureOf(
      open({ timeouts: { answer: 100 } }).repository.headManifest('v1'),
    );
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT', attempts: 3 });
  });

  it('is aborted after its listener has left', async () => {
    const gone = await createScriptedServer(() => ({}));
    await gone.close();
    const error = await failureOf(open({}, gone).repository.headManifest('v1'));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', method: 'HEAD', attempts: 3 });
    expect((error as Error).message).toContain(`http://${gone.address}/v2/a/b/manifests/v1`);
  });
});

describe('a final answer', () => {
  it('is not asked for twice', async () => {
    const errors = [{ code: 'NAME_INVALID', message: 'no' }];
    registry.faults.add({ on: 'getManifest', answer: { status: 400, errors }, times: 9 });
    const error = await failureOf(open().repository.getManifest('v1'));
    expect(error).toBeInstanceOf(RegistryError);
    expect(registry.requests.counts()).toEqual({ getManifest: 1 });
  });
});

describe('a registry that asks for a break (429)', () => {
  it.each([
    ['in seconds', () => '3', 3],
    ['by a date', () => new Date(Date.now() + 30_000).toUTCString(), 30],
    ['without saying how long', () => undefined, 1],
  ])('gets it, %s', async (_what, retryAfter, seconds) => {
    registry.faults.add({ on: 'headManifest', answer: tooManyRequests(retryAfter()) });
    const { repository, sleeps } = open();
    expect(await repository.headManifest('v1')).toBeDefined();
    expect(sleeps).toHaveLength(1);
    expect(Math.abs(sleeps[0]! / 1000 - seconds)).toBeLessThan(3);
  });

  it('gets a short one again once it has answered', async () => {
    const { repository, sleeps } = open();
    for (let times = 0; times < 2; times += 1) {
      registry.faults.add({ on: 'headManifest', answer: tooManyRequests() });
      await repository.headManifest('v1');
    }
    expect(sleeps.map((milliseconds) => Math.round(milliseconds / 1000))).toEqual([1, 1]);
  });

  it('gets it from all that goes to it, and longer each time', async () => {
    registry.faults.add({ on: 'headManifest', answer: tooManyRequests(), times: 2 });
    const { client, repository, sleeps } = open();
    const other = client.open(
      { registry: registry.address, repository: 'c/d' },
      { access: 'pull' },
    );
    await repository.headManifest('v1');
    expect(sleeps.map((milliseconds) => Math.round(milliseconds / 1000))).toEqual([1, 2]);
    registry.faults.add({ on: 'headManifest', answer: tooManyRequests(30), repository: 'a/b' });
    await repository.headManifest('v1');
    await other.headManifest('v1');
    expect(sleeps).toHaveLength(3);
  });

  it('does not hold up another host', async () => {
    const other = await createScriptedServer(() => ({ status: 404 }));
    const { client, sleeps } = open({
      clock: { ...systemClock, sleep: () => new Promise(() => undefined) },
    });
    const at = (registryName: string) =>
      client.open({ registry: registryName, repository: 'a/b' }, { access: 'pull' });
    registry.faults.add({ on: 'headManifest', answer: tooManyRequests(5) });
    void at(registry.address).headManifest('v1');
    while (heads() === 0) await new Promise(setImmediate);
    expect(await at(other.address).headManifest('v1')).toBeUndefined();
    expect(sleeps).toStrictEqual([]);
    await other.close();
  });

  it.each([
    ['429 of any form', { status: 429 }],
    [
      "Cloud Storage's 403",
      { status: 403, body: { error: { code: 403, errors: [{ reason: 'rateLimitExceeded' }] } } },
    ],
    [
      'a 403 of the user',
      {
        status: 403,
        body: { error: { code: 403, errors: [{ reason: 'userRateLimitExceeded' }] } },
      },
    ],
    ['a code of the spec', { status: 400, body: { errors: [{ code: 'TOOMANYREQUESTS' }] } }],
  ])('asks for it by %s', async (_what, answer) => {
    const server = await createScriptedServer(() =>
      server.requests.length === 1 ? answer : { status: 404 },
    );
    const { repository, sleeps } = open({}, server);
    const error = await failureOf(repository.getManifest('v1'));
    await server.close();
    expect(error).toMatchObject({ status: 404 });
    // A break, and not the shorter wait after a failure.
    expect(sleeps.map((milliseconds) => Math.round(milliseconds / 1000))).toEqual([1]);
  });

  it('is not waited for when the break is long: then nothing is sent until it is over', async () => {
    registry.faults.add({ on: 'headManifest', answer: tooManyRequests(120) });
    const { repository } = open();
    for (let times = 0; times < 2; times += 1) {
      expect(await failureOf(repository.headManifest('v1'))).toMatchObject({
        status: 429,
        retryAfterSeconds: 120,
      });
    }
    expect(heads()).toBe(1);
  });
});

describe('a break that Google asks for', () => {
  const openGoogle = (first: { status: number; headers: Record<string, string> }) => {
    const answers = [first];
    const sent: string[] = [];
    const send: Send = ({ method, url }) => {
      sent.push(url.pathname);
      const body = Object.assign(Readable.from([]), { dump: () => Promise.resolve() });
      const answer = answers.shift() ?? { status: 404, headers: {} };
      return Promise.resolve({ method, url, body, ...answer });
    };
    const address = 'us-docker.pkg.dev';
    const { client, sleeps } = open({ send }, { address });
    const ask = (repository: string) =>
      failureOf(
        client.open({ registry: address, repository }, { access: 'pull' }).getManifest('v1'),
      );
    return { ask, sent, sleeps };
  };

  it('is kept by all repositories of one project, and by no other project', async () => {
    const { ask, sent } = openGoogle({ status: 429, headers: { 'retry-after': '120' } });
    expect(await ask('vendor/releases/api')).toMatchObject({ status: 429 });
    expect(await ask('vendor/base/java')).toMatchObject({ status: 429 });
    expect(await ask('acme/releases/api')).toMatchObject({ status: 404 });
    expect(sent).toHaveLength(2);
  });

  it('lasts ten seconds where it does not say how long', async () => {
    const { ask, sleeps } = openGoogle({ status: 429, headers: {} });
    expect(await ask('vendor/releases/api')).toMatchObject({ status: 404 });
    expect(sleeps.map((milliseconds) => Math.round(milliseconds / 1000))).toEqual([10]);
  });
});

it('reports a refusal by its status if its body breaks off', async () => {
  registry.faults.add({ on: 'getManifest', answer: { status: 400, body: 'hello' }, cutAfter: 2 });
  expect(await failureOf(open().repository.getManifest('v1'))).toMatchObject({ status: 400 });
});
