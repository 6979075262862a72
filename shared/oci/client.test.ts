import { text } from 'node:stream/consumers';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import type { TestRegistry } from '../../local/servers/registry/test-client';
import { useTestRegistry } from '../../test/support/use-test-registry';
import { createRegistryClient } from './client';
import { NetworkError } from './http/errors';
import { InvalidReferenceError } from './reference';
import { systemClock, type Clock } from '../system/clock';
import { system } from '../system/system';

let registry: TestRegistry;
const { open, closeLater } = useTestRegistry((made) => void (registry = made));

it('moves an image from one repository to another, request by request', async () => {
  const made = image({ tag: 'v1' });
  await push(made, { registry: registry.address, repository: 'vendor/api' });
  registry.requests.reset();
  const source = open({ repository: 'vendor/api', access: 'pull' });
  const { repository: target, traffic } = open({ repository: 'acme/api' });

  const manifest = await source.repository.getManifest('v1');
  expect(manifest.descriptor.digest).toBe(made.root.digest);
  for (const blob of manifest.blobs) {
    const upload = await target.mountOrStartUpload(blob.digest);
    if (upload === 'present') throw new Error('nothing is there yet');
    await upload.write(blob, await source.repository.getBlob(blob));
  }
  await target.putManifest(manifest, 'v1');

  expect(await registry.digestOf('acme/api', 'v1')).toBe(made.root.digest);
  const blobs = manifest.blobs.length;
  expect(registry.requests.counts()).toEqual({
    getManifest: 1,
    getBlob: blobs,
    mountBlob: blobs,
    putBlob: blobs,
    putManifest: 1,
  });
  const size = manifest.blobs.reduce((sum, blob) => sum + blob.size, 0) + manifest.bytes.length;
  expect(source.traffic).toMatchObject({ requests: blobs + 1, bytesRead: size, bytesWritten: 0 });
  expect(traffic).toMatchObject({ requests: 2 * blobs + 1, bytesRead: 0, bytesWritten: size });
});

it('keeps one connection for requests that follow each other, HEADs among them', async () => {
  const digest = await registry.pushImage('a/b', 'v1');
  registry.requests.reset();
  const { repository } = open();
  for (const reference of ['v1', digest, 'none', 'v1']) {
    await repository.headManifest(reference);
    await new Promise(setImmediate);
  }
  await repository.getManifest(digest);
  expect(registry.requests.counts()).toEqual({ headManifest: 4, getManifest: 1 });
  expect(registry.requests.connections()).toBe(1);
});

it('opens at most 16 connections to one origin', async () => {
  const { repository } = open();
  await Promise.all(Array.from({ length: 64 }, () => repository.headManifest('none')));
  expect(registry.requests.connections()).toBeLessThanOrEqual(16);
});

it('shares connections between the repositories of one client', async () => {
  const { client, repository } = open();
  await repository.headManifest('none');
  await new Promise(setImmediate);
  const other = { registry: registry.address, repository: 'c/d' };
  await client.open(other, { access: 'pull' }).headManifest('none');
  expect(registry.requests.connections()).toBe(1);
});

it('speaks TLS to every host that is not listed for plain HTTP', async () => {
  const client = createRegistryClient({ ...system, plainHttpHosts: ['localhost', `127.0.0.1:1`] });
  closeLater(client);
  const name = { registry: registry.address, repository: 'a/b' };
  const repository = client.open(name, { access: 'pull', retryBudget: { remaining: 0 } });
  await expect(repository.headManifest('v1')).rejects.toThrow(NetworkError);
  await expect(repository.headManifest('v1')).rejects.toThrow(`https://${registry.address}/`);
  expect(registry.requests.of()).toEqual([]);
});

it('speaks plain HTTP to a host that is listed with its port', async () => {
  const client = createRegistryClient({ ...system, plainHttpHosts: [registry.address] });
  closeLater(client);
  const name = { registry: registry.address, repository: 'a/b' };
  expect(await client.open(name, { access: 'pull' }).headManifest('none')).toBeUndefined();
});

it('takes a name below localhost for this machine, and speaks to it as to localhost', async () => {
  const client = createRegistryClient({ ...system, plainHttpHosts: ['localhost'] });
  closeLater(client);
  const host = `us-kfp.localhost:${registry.address.split(':')[1] ?? ''}`;
  const name = { registry: host, repository: 'a/b' };
  expect(await client.open(name, { access: 'pull' }).headManifest('none')).toBeUndefined();
  expect(registry.requests.of().at(-1)?.host).toBe(host);
});

it.each(['a/../b', 'a\r\nb', 'A', '', 'a/b?x'])('opens no repository %j', (repository) => {
  const { client } = open();
  expect(() => client.open({ registry: registry.address, repository }, { access: 'pull' })).toThrow(
    InvalidReferenceError,
  );
});

it('ends with the reason of its signal, at once and in the middle', async () => {
  const reason = new Error('the deadline is near');
  const content = 'x'.repeat(100_000);
  const digest = await registry.pushBlob('a/b', content);
  const abort = new AbortController();
  const { repository } = open({ signal: abort.signal });
  registry.faults.add({ on: 'getBlob', stallAfter: 10 });
  const stream = await repository.getBlob({ mediaType: 'x', digest, size: content.length });
  registry.faults.add({ on: 'headManifest', delayMs: 60_000 });
  const head = repository.headManifest('v1');
  const read = text(stream);
  abort.abort(reason);
  await expect(read).rejects.toBe(reason);
  await expect(head).rejects.toBe(reason);
  await expect(repository.headManifest('v1')).rejects.toBe(reason);
});

it('waits by the clock, and no longer than its signal lets it', async () => {
  const abort = new AbortController();
  const abortedMeanwhile: Clock = {
    ...systemClock,
    sleep(_milliseconds, signal) {
      const waiting = systemClock.sleep(600_000, signal);
      abort.abort('enough');
      return waiting;
    },
  };
  const name = { registry: registry.address, repository: 'a/b' };
  const refused = { on: 'headManifest', answer: { status: 503 } } as const;
  registry.faults.add(refused);
  const ended = open({ clock: abortedMeanwhile }).client.open(name, {
    access: 'pull',
    signal: abort.signal,
  });
  await expect(ended.headManifest('v1')).rejects.toBe('enough');
  const met = registry.faults.add(refused);
  registry.requests.reset();
  const patient = open({ clock: systemClock }).client.open(name, { access: 'pull' });
  await patient.headManifest('v1');
  expect(met.hits()).toBe(1);
  expect(registry.requests.counts()).toEqual({ headManifest: 2 });
});

it('breaks off what is under way when it is closed', async () => {
  const content = 'x'.repeat(1000);
  const digest = await registry.pushBlob('a/b', content);
  const { client, repository } = open();
  registry.faults.add({ on: 'getBlob', stallAfter: 10, times: 3 });
  const stream = await repository.getBlob({ mediaType: 'x', digest, size: content.length });
  const read = text(stream);
  await client.close();
  await expect(read).rejects.toThrow('the registry client is closed');
});

it('asks Google’s registries with a token of the identity that a repository is opened for', async () => {
  const asked: unknown[] = [];
  const client = createRegistryClient({
    ...system,
    plainHttpHosts: [],
    googleTokens: {
      accessToken: (identity) => {
        asked.push(identity);
        return Promise.reject(new Error('no token in this test'));
      },
    },
  });
  closeLater(client);
  for (const identity of ['release@acme.iam.gserviceaccount.com', undefined]) {
    const repository = client.open(
      { registry: 'us-docker.pkg.dev', repository: 'acme/vendor/api' },
      { access: 'push', ...(identity !== undefined && { identity }) },
    );
    await expect(repository.headManifest('v1')).rejects.toThrow('no token in this test');
  }
  expect(asked).toEqual(['release@acme.iam.gserviceaccount.com', undefined]);
});

it('asks Docker Hub at the host where it answers', async () => {
  const asked: string[] = [];
  const client = createRegistryClient({
    ...system,
    plainHttpHosts: [],
    lookup: (hostname, _options, callback) => {
      asked.push(hostname);
      callback(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }), []);
    },
  });
  closeLater(client);
  const repository = client.open(
    { registry: 'docker.io', repository: 'library/alpine' },
    { access: 'pull', retryBudget: { remaining: 0 } },
  );
  await expect(repository.headManifest('latest')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  expect(asked).toEqual(['registry-1.docker.io']);
});
