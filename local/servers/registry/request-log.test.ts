import { Agent, get } from 'node:http';
import { createTestRegistry, type TestRegistry } from './test-client';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await createTestRegistry();
});
beforeEach(() => registry.requests.reset());
afterAll(() => registry.close());

const getOver = (agent: Agent, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    get(`${registry.origin}${path}`, { agent }, (response) => {
      response.resume().on('end', resolve);
    }).on('error', reject);
  });

describe('the request log', () => {
  it('shows requests and responses without secrets', async () => {
    await registry.call('GET', '/v2/a/b/tags/list?n=2', {
      headers: { authorization: 'Bearer secret', range: 'bytes=0-' },
    });
    expect(registry.requests.of()).toEqual([
      {
        method: 'GET',
        path: '/v2/a/b/tags/list?n=2',
        kind: 'listTags',
        repository: 'a/b',
        reference: '',
        host: registry.address,
        authorization: 'Bearer',
        range: 'bytes=0-',
        connection: expect.any(Number) as number,
        status: 404,
      },
    ]);
  });

  it('counts by kind', async () => {
    await registry.pushBlob('a/b', 'x');
    await registry.call('GET', '/v2/');
    expect(registry.requests.counts()).toEqual({ startUpload: 1, putBlob: 1, ping: 1 });
    expect(registry.requests.of('ping', 'putBlob').map(({ kind }) => kind)).toEqual([
      'putBlob',
      'ping',
    ]);
  });

  it('distinguishes connections', async () => {
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    await getOver(kept, '/v2/');
    await getOver(kept, '/v2/');
    expect(registry.requests.connections()).toBe(1);
    await getOver(new Agent(), '/v2/');
    expect(registry.requests.connections()).toBe(2);
    kept.destroy();
  });
});
