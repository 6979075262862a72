import type { Pool } from 'undici';
import { failureOf } from '../../../test/support/open-repository';
import { createScriptedSend } from '../../../test/support/scripted-send';
import { createScriptedServer, type ScriptedServer } from '../../../test/support/scripted-server';
import { dropBody, readBody } from './bodies';
import { AddressRefusedError, NetworkError } from './errors';
import { createPools } from './pools';
import { emptyTraffic } from './traffic';
import {
  createSend,
  headerOf,
  type HttpRequest,
  observeRequests,
  type ObservedRequest,
} from './transport';

describe('transport', () => {
  const pools = createPools({ connectTimeoutMs: 1000 });
  const send = createSend(pools);
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await createScriptedServer(
      ({ method, path }) =>
        path === '/redirect'
          ? { status: 302, headers: { location: '/elsewhere' }, body: 'elsewhere' }
          : { status: 201, headers: { 'X-One': 'y', 'set-cookie': ['a', 'b'] }, body: method },
      undefined,
    );
  });
  beforeEach(() => server.reset());
  afterAll(async () => {
    await pools.close();
    await server.close();
  });

  const requestTo = (path: string, fields: Partial<HttpRequest> = {}): HttpRequest => ({
    method: 'GET',
    url: new URL(path, server.origin),
    headers: {},
    configured: true,
    answerTimeoutMs: 10_000,
    idleTimeoutMs: 10_000,
    traffic: emptyTraffic(),
    ...fields,
  });

  it('sends a request as it is, and says who asks', async () => {
    const traffic = emptyTraffic();
    const headers = { accept: 'x', 'content-length': '7' };
    const body = Buffer.from('content');
    const request = requestTo('/v2/a?b=c', { method: 'PUT', headers, body, traffic });
    const response = await send(request);
    expect(server.requests).toMatchObject([
      {
        method: 'PUT',
        path: '/v2/a?b=c',
        headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'registry-relay' },
        body: 'content',
      },
    ]);
    expect(response).toMatchObject({ method: 'PUT', url: request.url, status: 201 });
    expect(headerOf(response, 'x-one')).toBe('y');
    expect(headerOf(response, 'set-cookie')).toBe('a');
    expect(headerOf(response, 'x-two')).toBeUndefined();
    expect((await readBody(response, 10))?.toString()).toBe('PUT');
    expect(traffic).toEqual({ ...emptyTraffic(), requests: 1 });
  });

  it('keeps the connection, also after a HEAD', async () => {
    const before = server.connections();
    for (const method of ['HEAD', 'GET', 'HEAD', 'GET'] as const) {
      await dropBody(await send(requestTo('/x', { method })));
      await new Promise(setImmediate);
    }
    expect(server.connections() - before).toBeLessThanOrEqual(1);
  });

  it('follows a redirect over the connection that it came by', async () => {
    const own = createPools({ connectTimeoutMs: 1000 });
    const before = server.connections();
    const ownSend = createSend(own);
    await dropBody(await ownSend(requestTo('/redirect')));
    await dropBody(await ownSend(requestTo('/elsewhere', { isHop: true })));
    expect(server.connections() - before).toBe(1);
    await own.close();
  });

  it.each([
    ['no answer begins', 'UND_ERR_HEADERS_TIMEOUT', { answerTimeoutMs: 50 }],
    ['no listener', 'ECONNREFUSED', {}],
  ])('is a failure of the network when %s', async (_what, code, fields) => {
    const silent = await createScriptedServer(
      () => ({}),
      () => undefined,
    );
    if (code === 'ECONNREFUSED') await silent.close();
    const url = new URL('/artifacts-downloads/SECRET?token=SECRET', silent.origin);
    const error = await failureOf(send(requestTo('', { url, ...fields })));
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({
      method: 'GET',
      url: `${silent.origin}/artifacts-downloads/…`,
      code,
    });
    if (code !== 'ECONNREFUSED') await silent.close();
  });

  it('ends with the reason of its signal', async () => {
    const reason = new Error('the deadline is near');
    const signal = AbortSignal.abort(reason);
    expect(await failureOf(send(requestTo('/x', { signal })))).toBe(reason);
    expect(server.requests).toStrictEqual([]);
  });

  it('says itself why an address is refused', async () => {
    expect(await failureOf(send(requestTo('/x', { configured: false })))).toBeInstanceOf(
      AddressRefusedError,
    );
  });

  it.each([
    ['is sent at once', {}, 1],
    ['waits for its connection after a redirect', { isHop: true }, 0],
  ])('%s', async (_what, fields, sent) => {
    const poolFor = jest.spyOn(pools, 'poolFor');
    const sending = send(requestTo('/x', fields));
    const pool = poolFor.mock.results[0]?.value as Pool;
    expect(pool.stats.pending + pool.stats.running).toBe(sent);
    await dropBody(await sending);
    poolFor.mockRestore();
  });

  it('gives up a body that pauses for too long', async () => {
    const slow = await createScriptedServer(
      () => ({}),
      (_request, response) => void response.writeHead(200, { 'content-length': '5' }).write('he'),
    );
    const url = new URL('/x', slow.origin);
    const response = await send(requestTo('', { url, idleTimeoutMs: 50 }));
    expect(await failureOf(readBody(response, 10))).toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' });
    // Without a reader the failure stays silent.
    const dropped = await send(requestTo('', { url, idleTimeoutMs: 50 }));
    await new Promise((resolve) => dropped.body.on('close', resolve));
    await slow.close();
  });
});

describe('observed requests', () => {
  const REQUEST: HttpRequest = {
    method: 'PUT',
    url: new URL('https://registry.example/v2/a/b/blobs/uploads/1?_state=SECRET'),
    headers: {},
    configured: true,
    answerTimeoutMs: 1,
    idleTimeoutMs: 1,
    traffic: emptyTraffic(),
  };
  const SAID = { method: 'PUT', url: 'https://registry.example/v2/a/b/blobs/uploads/1' };

  /** Each answer takes 12.4 ms. */
  function stage(answer: () => { readonly status: number }) {
    let now = 1000;
    const scripted = createScriptedSend(() => {
      now += 12.4;
      return answer();
    });
    const reported: ObservedRequest[] = [];
    const send = observeRequests(scripted.send, (one) => reported.push(one), {
      monotonic: () => now,
    });
    return { ...scripted, send, reported };
  }

  it('reports a request when its response begins', async () => {
    const { answers, requests, send, reported } = stage(() => ({ status: 201 }));
    expect(await send(REQUEST)).toBe(answers[0]);
    expect(requests).toEqual([REQUEST]);
    expect(reported).toStrictEqual([{ ...SAID, status: 201, milliseconds: 12 }]);
  });

  it('reports a request without a response, and fails with the same error', async () => {
    const failure = new Error('other side closed');
    const { send, reported } = stage(() => {
      throw failure;
    });
    expect(await failureOf(send(REQUEST))).toBe(failure);
    expect(reported).toStrictEqual([{ ...SAID, milliseconds: 12 }]);
  });
});
