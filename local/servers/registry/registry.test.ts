import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createCertificate } from '../../../test/support/certificate';
import { createRegistry } from './registry';
import { createTestRegistry, errorsOf } from './test-client';

const HAS_IPV6 = Object.values(networkInterfaces())
  .flat()
  .some((found) => found?.address === '::1');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('createRegistry', () => {
  it('answers a ping', async () => {
    const registry = await createTestRegistry();
    const response = await registry.call('GET', '/v2/');
    expect(response.status).toBe(200);
    await registry.close();
  });

  it('serves again what an earlier one stored, without its unfinished uploads', async () => {
    const first = await createTestRegistry({ storage: folder });
    const digest = await first.pushImage('vendor/api', 'V1');
    const location = new URL(await first.startUpload('vendor/api'));
    await first.call('PATCH', location.href, { body: 'half' });
    expect(await readdir(join(folder, 'uploads'))).toHaveLength(1);
    await first.close();

    const second = await createTestRegistry({ storage: folder });
    expect(await readdir(join(folder, 'uploads'))).toStrictEqual([]);
    expect(await second.digestOf('vendor/api', 'V1')).toBe(digest);
    expect(await second.digestOf('vendor/api', 'v1')).toBeUndefined();
    expect(await second.repositories()).toEqual(['vendor/api']);
    const resumed = await second.call('PATCH', location.pathname + location.search, { body: 'x' });
    expect(resumed.status).toBe(404);
    await second.close();
  });

  it('keeps one copy of content that several repositories show', async () => {
    const registry = await createTestRegistry({ storage: folder });
    await registry.pushBlob('a/a', 'shared');
    await registry.pushBlob('a/b', 'shared');
    expect(await readdir(join(folder, 'blobs', 'sha256'))).toHaveLength(1);
    await registry.close();
  });

  it('takes its temporary folder along when it closes', async () => {
    const name = `temporary-${randomUUID()}`;
    const foldersWithIt = async (): Promise<string[]> => {
      const folders = (await readdir(tmpdir())).filter((entry) => entry.startsWith('registry-'));
      return folders.filter((entry) => existsSync(join(tmpdir(), entry, 'repositories', name)));
    };
    const registry = await createTestRegistry();
    await registry.pushImage(name, 'v1');
    expect(await foldersWithIt()).toHaveLength(1);
    await registry.close();
    expect(await foldersWithIt()).toStrictEqual([]);
  });

  it('does not take a damaged disk for an absent blob', async () => {
    const registry = await createTestRegistry({ storage: folder });
    await mkdir(join(folder, 'repositories'));
    await writeFile(join(folder, 'repositories', 'damaged'), '');
    const response = await registry.call('GET', '/v2/damaged/tags/list');
    expect(response.status).toBe(500);
    await registry.close();
  });

  it('names a port that is in use', async () => {
    const registry = await createTestRegistry();
    const port = Number(new URL(registry.origin).port);
    await expect(createRegistry({ port })).rejects.toThrow(`port ${port} of 127.0.0.1 is in use`);
    await registry.close();
  });

  it('fails on a host that is not this machine’s', async () => {
    await expect(createRegistry({ host: '192.0.2.1' })).rejects.toThrow('EADDRNOTAVAIL');
  });

  (HAS_IPV6 ? it : it.skip)('writes an IPv6 address as references do', async () => {
    const registry = await createTestRegistry({ host: '::1' });
    expect(registry.address).toMatch(/^\[::1\]:\d+$/);
    expect((await registry.call('GET', '/v2/')).status).toBe(200);
    await registry.close();
  });

  it('speaks TLS with a given certificate', async () => {
    const tls = createCertificate();
    const registry = await createRegistry({ tls });
    const url = `${registry.origin}/v2/a/b/blobs/uploads/`;
    const location = await new Promise((resolve, reject) => {
      requestTls(url, { method: 'POST', ca: tls.cert }, (response) => {
        response.resume();
        resolve(response.headers.location);
      })
        .on('error', reject)
        .end();
    });
    expect(location).toMatch(`https://${registry.address}/v2/a/b/blobs/uploads/`);
    await registry.close();
  });
});

describe('paths', () => {
  it.each([
    '/v2/../../etc/tags/list',
    '/v2/%2e%2e/%2e%2e/tags/list',
    '/v2/a/..%2f..%2fb/tags/list',
    '/v2/A/tags/list',
    '/v2/a//b/tags/list',
    '/v2/_catalog/tags/list',
    '/v2/a%00b/tags/list',
    `/v2/${'a/'.repeat(200)}a/tags/list`,
  ])('%s is not a repository', async (path) => {
    const registry = await createRegistry();
    const socket = connect(Number(new URL(registry.origin).port), '127.0.0.1');
    socket.end(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    const answer = await text(socket);
    expect(answer).toMatch('HTTP/1.1 400');
    expect(answer).toMatch('NAME_INVALID');
    await registry.close();
  });

  it.each([
    { method: 'GET', path: '/', status: 404 },
    { method: 'GET', path: '/v2/a/b', status: 404 },
    { method: 'GET', path: '/v2/a%zz/tags/list', status: 404 },
    { method: 'POST', path: '/v2/a/b/tags/list', status: 405 },
    { method: 'GET', path: '/v2/a/b/blobs/uploads', status: 405 },
    { method: 'GET', path: '/v2', status: 200 },
  ])('$method $path is answered $status', async ({ method, path, status }) => {
    const registry = await createTestRegistry();
    expect((await registry.call(method, path)).status).toBe(status);
    await registry.close();
  });

  it('report a bug with its message', async () => {
    const registry = await createTestRegistry({
      onMessage: () => {
        throw new Error('the listener failed');
      },
    });
    await registry.pushBlob('a/b', '{}');
    const response = await registry.call('PUT', '/v2/a/b/manifests/v1', {
      body: '{"schemaVersion":2,"manifests":[]}',
      headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
    });
    expect(response.status).toBe(500);
    expect(await errorsOf(response)).toEqual([
      { code: 'UNKNOWN', message: 'Error: the listener failed' },
    ]);
    await registry.close();
  });
});
