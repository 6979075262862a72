import { machine } from '../../local/servers/machine';
import { createRegistryService } from '../../local/servers/registry/registry';
import { call, type Call, type CallAnswer } from './in-process';
import { createMemoryStorage } from './memory-registry-storage';

const service = createRegistryService(
  createMemoryStorage(machine),
  { onMessage: (message) => messages.push(message) },
  machine,
);
const messages: object[] = [];
beforeEach(() => {
  service.faults.clear();
  service.requests.reset();
});

const ask = (method: string, path: string, more: Partial<Call> = {}): Promise<CallAnswer> =>
  call(service.serve, { method, url: new URL(path, 'https://registry.test'), ...more });

const config = {
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
};
const manifest = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { ...config, mediaType: 'application/vnd.oci.empty.v1+json', size: 2 },
    layers: [],
  }),
);

async function pushAll(): Promise<void> {
  const upload = `/v2/a/b/blobs/uploads/?digest=${config.digest}`;
  expect((await ask('POST', upload, { body: Buffer.from('{}') })).status).toBe(201);
  const put = await ask('PUT', '/v2/a/b/manifests/v1', { body: manifest });
  expect(put.status).toBe(201);
}

describe('a registry that is asked in its own process', () => {
  it('answers as it does over HTTP', async () => {
    await pushAll();
    expect(messages.at(-1)).toMatchObject({ tag: 'registry.test/a/b:v1' });
    const head = await ask('HEAD', '/v2/a/b/manifests/v1');
    expect(head).toMatchObject({
      status: 200,
      headers: {
        'content-length': String(manifest.length),
        'content-type': 'application/vnd.oci.image.manifest.v1+json',
      },
      body: Buffer.alloc(0),
    });
    const { body, headers } = await ask('GET', '/v2/a/b/manifests/v1');
    expect(body.equals(manifest)).toBe(true);
    expect(headers['docker-content-digest']).toMatch(/^sha256:/);
    const part = await ask('GET', `/v2/a/b/blobs/${config.digest}`, {
      headers: { range: 'bytes=1-' },
    });
    expect([part.status, part.headers['content-range'], String(part.body)]).toEqual([
      206,
      'bytes 1-1/2',
      '}',
    ]);
    const session = await ask('POST', '/v2/a/b/blobs/uploads/');
    expect(session.headers['location']).toMatch(/^https:\/\/registry\.test\/v2\/a\/b\/.*_state=/);
    expect(service.requests.connections()).toBe(1);
  });

  it('breaks off as it does over HTTP', async () => {
    await pushAll();
    service.faults.add({ on: 'headManifest', dropAnswer: true });
    await expect(ask('HEAD', '/v2/a/b/manifests/v1')).rejects.toThrow('dropped');
    service.faults.add({ on: 'getManifest', cutAfter: 10 });
    await expect(ask('GET', '/v2/a/b/manifests/v1')).rejects.toThrow('broken off');
    service.faults.add({ on: 'getManifest', corruptAt: 0 });
    const { body } = await ask('GET', '/v2/a/b/manifests/v1');
    expect(body[0]).toBe('{'.charCodeAt(0) ^ 0xff);
  });

  it('finishes the request of a client that left, without a response', async () => {
    await pushAll();
    const gone = AbortSignal.abort();
    await expect(ask('DELETE', '/v2/a/b/manifests/v1', { gone })).rejects.toThrow('has gone');
    expect((await ask('HEAD', '/v2/a/b/manifests/v1')).status).toBe(404);
    expect(service.requests.of('deleteManifest')[0]?.status).toBeUndefined();
  });
});
