import { Readable } from 'node:stream';
import { failureOf } from '../../../test/support/open-repository';
import { createScriptedSend, type ArrivingAnswer } from '../../../test/support/scripted-send';
import { AddressRefusedError } from '../http/errors';
import { emptyTraffic } from '../http/traffic';
import type { Access, Authenticator } from './auth';
import { sendAuthorized, type Call, type Caller } from './authorized-send';

const ORIGIN = 'https://registry.example';
const access: Access = {
  registry: 'registry.example',
  origin: new URL(ORIGIN),
  ownOrigins: new Set([ORIGIN]),
  repository: 'a/b',
  access: 'push',
};
const caller: Caller = { access, traffic: emptyTraffic() };
const GET: Call = { method: 'GET', url: new URL(`${ORIGIN}/v2/a/b/manifests/v1`), accept: [200] };
const redirectTo = (location: string, status = 302): ArrivingAnswer => ({
  status,
  headers: { location },
});
const REFUSAL: ArrivingAnswer = { status: 401, body: 'who are you?' };

interface Stage {
  /** What is sent as `Authorization`, first to last. */
  readonly tokens?: readonly (string | undefined)[];
  /** Whether there is another token after a refusal. */
  readonly learns?: () => Promise<boolean>;
}

/** Sends to servers that answer one after another. */
function stage(script: ArrivingAnswer[], { tokens = [], learns }: Stage = {}) {
  const sent = createScriptedSend(() => script.shift() ?? {});
  const left = [...tokens];
  const asked: unknown[] = [];
  const learnt: unknown[] = [];
  const authenticator: Authenticator = {
    authorize(...arguments_) {
      asked.push(arguments_);
      return Promise.resolve(left.length > 1 ? left.shift() : left[0]);
    },
    learn(...arguments_) {
      learnt.push(arguments_);
      return learns?.() ?? Promise.resolve(true);
    },
  };
  const deps = { send: sent.send, authenticator, answerTimeoutMs: 300, idleTimeoutMs: 20 };
  const send = (call: Partial<Call> = {}, by = caller) =>
    sendAuthorized({ ...GET, ...call }, by, deps);
  /** Whose body was read or dropped, by the order of the answers. */
  const ended = () => sent.answers.map(({ body }) => body.readableEnded);
  const authorizations = () => sent.requests.map(({ headers }) => headers['authorization']);
  return { ...sent, asked, authorizations, ended, learnt, send };
}

describe('a request', () => {
  it('is sent as it is, where nothing is known to be needed', async () => {
    const { answers, requests, send } = stage([{ status: 404 }]);
    const outcome = await send({ headers: { accept: 'x' } });
    expect(outcome).toEqual({ response: answers[0], authorization: undefined, renewed: false });
    expect(requests).toEqual([
      {
        method: 'GET',
        url: GET.url,
        headers: { accept: 'x' },
        configured: true,
        answerTimeoutMs: 300,
        idleTimeoutMs: 20,
        traffic: caller.traffic,
        isHop: false,
      },
    ]);
  });

  it('has what its caller and its call add to it', async () => {
    const { requests, send } = stage([{ status: 201 }], { tokens: ['Bearer x'] });
    const { signal } = new AbortController();
    const body = Buffer.from('content');
    const call = { method: 'PUT', body, answerTimeoutMs: 1, idleTimeoutMs: 2 } as const;
    const { authorization } = await send(
      { ...call, headers: { accept: 'x' } },
      { ...caller, signal },
    );
    expect(authorization).toBe('Bearer x');
    expect(requests).toEqual([
      {
        ...call,
        url: GET.url,
        headers: { accept: 'x', authorization: 'Bearer x' },
        configured: true,
        traffic: caller.traffic,
        isHop: false,
        signal,
      },
    ]);
  });

  it('to another origin has no credentials, whatever it is answered', async () => {
    const { asked, authorizations, learnt, requests, send } = stage([REFUSAL], {
      tokens: ['Bearer x'],
    });
    const outcome = await send({ url: new URL('https://upload.example/up') });
    expect(outcome).toMatchObject({ authorization: undefined, renewed: false });
    expect([asked, learnt, authorizations()]).toEqual([[], [], [undefined]]);
    expect(requests[0]?.configured).toBe(false);
  });

  it.each([
    ['alone', {}, access],
    ['and what is read besides', { alsoPull: 'c/d' }, { ...access, alsoPull: 'c/d' }],
  ])('asks for access to its repository %s', async (_what, call, wanted) => {
    const { answers, asked, learnt, send } = stage([REFUSAL], {
      tokens: ['Bearer x', 'Bearer y'],
    });
    await send(call);
    expect(asked).toStrictEqual([
      [wanted, caller],
      [wanted, caller],
    ]);
    expect(learnt).toEqual([[wanted, answers[0], 'Bearer x', caller]]);
  });
});

describe('a refusal', () => {
  it('reports which credentials are required, and renews them once', async () => {
    const { authorizations, ended, send } = stage([REFUSAL, REFUSAL, REFUSAL, {}], {
      tokens: [undefined, 'Bearer x', 'Bearer y'],
    });
    const { authorization, renewed, response } = await send();
    expect(response.status).toBe(401);
    expect({ authorization, renewed }).toEqual({ authorization: 'Bearer y', renewed: false });
    expect(authorizations()).toEqual([undefined, 'Bearer x', 'Bearer y']);
    expect(ended()).toEqual([true, true, false]);
  });

  it('is the answer where nothing is learnt from it', async () => {
    const { ended, requests, send } = stage([REFUSAL], {
      tokens: ['Bearer x'],
      learns: () => Promise.resolve(false),
    });
    const { renewed, response } = await send();
    expect([response.status, renewed]).toEqual([401, false]);
    expect(requests).toHaveLength(1);
    expect(ended()).toEqual([false]);
  });

  it('is the answer to what cannot be sent again, with word of newer credentials', async () => {
    const { requests, ended, send } = stage([REFUSAL], { tokens: ['Bearer x'] });
    const { authorization, renewed, response } = await send({ replayable: false });
    expect([response.status, authorization, renewed]).toEqual([401, 'Bearer x', true]);
    expect(requests).toHaveLength(1);
    expect(ended()).toEqual([false]);
  });

  it('is not left open when what it asks for cannot be had', async () => {
    const reason = new Error('no token');
    const { ended, send } = stage([REFUSAL], { learns: () => Promise.reject(reason) });
    expect(await failureOf(send())).toBe(reason);
    expect(ended()).toEqual([true]);
  });

  it.each<[number, Record<string, string>, boolean]>([
    [401, {}, true],
    [403, { 'www-authenticate': 'Bearer error="insufficient_scope"' }, true],
    [403, { 'www-authenticate': 'Bearer error="invalid_token"' }, false],
    [403, {}, false],
    [400, { 'www-authenticate': 'Bearer error="insufficient_scope"' }, false],
  ])('%d with %j is one to learn from: %s', async (status, headers, isOne) => {
    const { learnt, send } = stage([{ status, headers }]);
    await send();
    expect(learnt).toHaveLength(isOne ? 1 : 0);
  });

  it('of another origin is not learnt from', async () => {
    const { learnt, send } = stage([redirectTo('https://cdn.example/x'), REFUSAL], {
      tokens: ['Bearer x'],
    });
    const { renewed, response } = await send();
    expect([response.status, renewed, learnt]).toEqual([401, false, []]);
  });
});

describe('a redirect', () => {
  const body = Buffer.from('content');
  it.each([
    ['GET', 300, {}, false],
    ['GET', 301, {}, true],
    ['GET', 302, {}, true],
    ['HEAD', 303, {}, true],
    ['GET', 304, {}, false],
    ['HEAD', 307, {}, true],
    ['GET', 308, {}, true],
    ['PUT', 301, { body }, false],
    ['POST', 302, {}, false],
    ['PUT', 303, { body }, false],
    ['PUT', 307, { body }, true],
    ['POST', 308, {}, true],
    ['PUT', 307, { body: Readable.from([body]) }, false],
  ] as const)(
    'of a %s with %d and %j is followed: %s',
    async (method, status, call, isFollowed) => {
      const { ended, requests, send } = stage([redirectTo('/elsewhere?a=b', status)]);
      const { response } = await send({ method, ...call });
      expect(response.status).toBe(isFollowed ? 200 : status);
      expect(requests.slice(1)).toEqual(
        isFollowed
          ? [{ ...requests[0], url: new URL(`${ORIGIN}/elsewhere?a=b`), isHop: true }]
          : [],
      );
      expect(ended()).toEqual(isFollowed ? [true, false] : [false]);
    },
  );

  it('without a place to go is the answer', async () => {
    const { ended, send } = stage([{ status: 302 }]);
    expect((await send()).response.status).toBe(302);
    expect(ended()).toEqual([false]);
  });

  it('is followed, and the four after it: the sixth is the answer', async () => {
    const { ended, requests, send } = stage(
      Array.from({ length: 9 }, (_, hop) => redirectTo(`/${hop}`)),
    );
    const { response } = await send();
    expect(response.url.pathname).toBe('/4');
    expect(requests).toHaveLength(6);
    expect(ended()).toEqual([true, true, true, true, true, false]);
  });

  it('takes credentials along on the registry’s own origin alone, and never back to it', async () => {
    const { authorizations, requests, send } = stage(
      [redirectTo('/own'), redirectTo('https://cdn.example/x'), redirectTo(`${ORIGIN}/back`)],
      { tokens: ['Bearer x'] },
    );
    await send({ headers: { accept: 'x' } });
    expect(requests.map(({ url }) => url.href)).toEqual([
      GET.url.href,
      `${ORIGIN}/own`,
      'https://cdn.example/x',
      `${ORIGIN}/back`,
    ]);
    expect(authorizations()).toStrictEqual(['Bearer x', 'Bearer x', undefined, undefined]);
    expect(requests.map(({ configured }) => configured)).toEqual([true, true, false, true]);
    expect(requests.map(({ headers }) => headers['accept'])).toEqual(['x', 'x', 'x', 'x']);
  });

  it('to where no registry should point is refused', async () => {
    const { requests, send } = stage([redirectTo('https://10.0.0.1/x')]);
    expect(await failureOf(send())).toBeInstanceOf(AddressRefusedError);
    expect(requests).toHaveLength(1);
  });
});
