import { Readable } from 'node:stream';
import type { TestRegistry } from '../../local/servers/registry/test-client';
import { tooManyRequests } from '../../local/servers/registry/faults/answers';
import { failureOf } from '../../test/support/open-repository';
import { createScriptedServer, type ScriptedServer } from '../../test/support/scripted-server';
import { useTestRegistry } from '../../test/support/use-test-registry';
import { NetworkError, RegistryError } from './http/errors';
import type { Send } from './http/transport';
import { systemClock } from '../system/clock';

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

  it('is given up when nobody listens', async () => {
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
    expect(sleeps).toEqual([]);
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

describe('what an error says', () => {
  let server: ScriptedServer;
  afterEach(() => server.close());

  async function failWith(status: number, body: string | object, headers = {}) {
    server = await createScriptedServer(() => ({ status, body, headers }));
    return (await failureOf(open({}, server).repository.getManifest('v1'))) as RegistryError;
  }

  it.each<[string, string | object, string]>([
    [
      'the spec’s codes',
      { errors: [{ code: 'DENIED', message: 'no' }, { code: 'X' }] },
      'DENIED: no; X',
    ],
    ['Docker Hub’s details', { details: 'bad request' }, 'bad request'],
    [
      'OAuth’s error',
      { error: 'invalid_grant', error_description: 'expired' },
      'invalid_grant; expired',
    ],
    [
      'Google’s error',
      { error: { code: 403, status: 'PERMISSION_DENIED', message: 'no' } },
      'PERMISSION_DENIED: no',
    ],
    ['a message', { message: 'no' }, 'no'],
    ['a web page', '<html><style>x{}</style><h1>Bad\n gateway</h1></html>', 'Bad gateway'],
    ['a web page that breaks off', '<h1>Bad</h1><style>x{} <style>y{}', 'Bad'],
    ['brackets that are no markup', 'a < b <<p>c', 'a < b < c'],
    ['text', 'go\taway\u0000\u2028now', 'go away now'],
    ['nothing', '', ''],
    ['null', 'null', 'null'],
    ['codes of a wrong type', { errors: [{ code: 42 }] }, ''],
    ['errors of a wrong type', { errors: 'x', message: 'y' }, 'y'],
  ])('is taken from %s', async (_what, body, detail) => {
    expect(await failWith(400, body)).toMatchObject({ status: 400, detail });
  });

  it('is short, and read from a short body only', async () => {
    expect((await failWith(400, 'x'.repeat(1000))).detail).toHaveLength(601);
    await server.close();
    expect((await failWith(400, 'x'.repeat(70_000))).detail).toBe('');
  });

  it('is still the status when the body breaks off', async () => {
    registry.faults.add({ on: 'getManifest', answer: { status: 400, body: 'hello' }, cutAfter: 2 });
    expect(await failureOf(open().repository.getManifest('v1'))).toMatchObject({ status: 400 });
    server = await createScriptedServer(() => ({}));
  });

  it('names the denial of VPC Service Controls', async () => {
    const message =
      "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: abc-DEF_1";
    const error = await failWith(403, { errors: [{ code: 'DENIED', message }] });
    expect(error.vpcServiceControlsUniqueIdentifier).toBe('abc-DEF_1');
  });

  it('is read although its details nest deeper than can be written again', async () => {
    const detail = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const error = await failWith(403, `{"errors":[{"code":"DENIED","detail":${detail}}]}`);
    expect(error).toMatchObject({ status: 403, codes: ['DENIED'] });
  });

  it('keeps details of any form as text', async () => {
    const details = ['text', { digest: 'sha256:x' }, null, undefined];
    const error = await failWith(400, {
      errors: details.map((detail) => ({ code: 'X', message: '', detail })),
    });
    expect(error.entries.map(({ detail }) => detail)).toEqual([
      'text',
      '{"digest":"sha256:x"}',
      '',
      '',
    ]);
  });
});
