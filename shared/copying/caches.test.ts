import { digestOf } from '../oci/digest';
import type { Manifest } from '../oci/manifest';
import {
  createCopyCaches,
  MEMORY_PER_BYTE,
  createManifestCache,
  createPresence,
  createMountSources,
  type BlobTransfer,
} from './caches';

describe('caches', () => {
  const LIMIT = Math.floor((8 * 1024 * 1024) / MEMORY_PER_BYTE);

  it('keeps the manifests that take 8 MiB of memory', () => {
    const { manifests } = createCopyCaches({ monotonic: () => 0 });
    const here = { registry: 'localhost:1', repository: 'a' };
    const sized = (name: string, size: number): Manifest => {
      const descriptor = { mediaType: 'text/plain', digest: digestOf(Buffer.from(name)), size };
      return { descriptor, bytes: new Uint8Array(size), blobs: [], manifests: [] };
    };
    const [first, last] = [sized('first', 1), sized('last', LIMIT - 1)];
    manifests.add(here, first);
    manifests.add(here, last);
    expect(manifests.get(here, first.descriptor.digest)).toBe(first);
    manifests.add(here, sized('one more', 1));
    expect(manifests.get(here, last.descriptor.digest)).toBeUndefined();
    expect(manifests.get(here, first.descriptor.digest)).toBe(first);
  });
});

describe('manifest cache', () => {
  const here = { registry: 'localhost:1', repository: 'a' };
  const there = { registry: 'localhost:1', repository: 'b' };

  function manifest(name: string, size: number): Manifest {
    const bytes = Buffer.alloc(size, name);
    const descriptor = { mediaType: 'text/plain', digest: digestOf(bytes), size };
    return { descriptor, bytes, blobs: [], manifests: [] };
  }

  it('forgets the least recently used first', () => {
    const cache = createManifestCache(25 * MEMORY_PER_BYTE);
    const [a, b, c] = [manifest('a', 10), manifest('b', 10), manifest('c', 10)];
    cache.add(here, a);
    cache.add(here, b);
    cache.get(here, a.descriptor.digest);
    cache.add(here, c);
    expect(cache.get(here, a.descriptor.digest)).toBe(a);
    expect(cache.get(here, b.descriptor.digest)).toBeUndefined();
    expect(cache.get(here, c.descriptor.digest)).toBe(c);
  });

  it('counts what is added twice once', () => {
    const cache = createManifestCache(20 * MEMORY_PER_BYTE);
    const [a, b] = [manifest('a', 10), manifest('b', 10)];
    for (const one of [a, a, b]) cache.add(here, one);
    expect(cache.get(here, a.descriptor.digest)).toBe(a);
  });

  it('does not give what was read from another repository', () => {
    const cache = createManifestCache(100 * MEMORY_PER_BYTE);
    const a = manifest('a', 10);
    cache.add(here, a);
    expect(cache.get(there, a.descriptor.digest)).toBeUndefined();
  });

  it('keeps the last one, however large', () => {
    const cache = createManifestCache(20 * MEMORY_PER_BYTE);
    const [small, large] = [manifest('a', 10), manifest('b', 21)];
    for (const one of [small, large]) cache.add(here, one);
    expect(cache.get(here, small.descriptor.digest)).toBeUndefined();
    expect(cache.get(here, large.descriptor.digest)).toBe(large);
  });
});

describe('presence', () => {
  const here = { registry: 'localhost:1', repository: 'a' };
  const digest = digestOf(Buffer.from('manifest'));

  it('remembers for five minutes', () => {
    let now = 0;
    const presence = createPresence({ monotonic: () => now });
    presence.add(here, digest);
    expect(presence.has(here, digest)).toBe(true);
    expect(presence.has({ ...here, repository: 'b' }, digest)).toBe(false);
    now = 5 * 60_000 - 1;
    expect(presence.has(here, digest)).toBe(true);
    now = 5 * 60_000;
    expect(presence.has(here, digest)).toBe(false);
  });

  it('forgets what turned out to be wrong, and what is too much', () => {
    const presence = createPresence({ monotonic: () => 0 });
    presence.add(here, digest);
    presence.remove(here, digest);
    expect(presence.has(here, digest)).toBe(false);
    const add = (from: number, to: number) => {
      for (let at = from; at < to; at++) presence.add(here, digestOf(Buffer.from(`${at}`)));
    };
    presence.add(here, digest);
    add(0, 9_999);
    expect(presence.has(here, digest)).toBe(true);
    // The last use counts.
    add(9_999, 19_998);
    expect(presence.has(here, digest)).toBe(true);
    add(19_998, 29_998);
    expect(presence.has(here, digest)).toBe(false);
  });
});

describe('mount sources', () => {
  const digest = digestOf(Buffer.from('blob'));
  const vendor = { registry: 'us-docker.pkg.dev', repository: 'vendor/releases/api' };
  const transfer = (registry: string, repository: string, scope?: string): BlobTransfer => ({
    source: vendor,
    target: { registry, repository },
    scope,
    digest,
  });

  it.each([
    [
      'the source on the same host',
      transfer('us-docker.pkg.dev', 'acme/x/api'),
      { from: vendor.repository },
    ],
    ['nothing within one repository', transfer('us-docker.pkg.dev', vendor.repository), undefined],
    [
      'the source with its origin between Google hosts',
      transfer('europe-docker.pkg.dev', 'acme/x/api'),
      { from: vendor.repository, origin: vendor.registry },
    ],
    ['nothing to any other host', transfer('registry.example.com', 'acme/x/api'), undefined],
  ])('offers %s', (_, question, offer) => {
    expect(createMountSources().find(question)).toEqual(offer);
  });

  describe('a blob that an owner has already', () => {
    const first = transfer('europe-docker.pkg.dev', 'acme/x/api', 'acme/x');

    it('is offered to the other repositories of that owner', () => {
      const sources = createMountSources();
      sources.add(first);
      const second = transfer('europe-docker.pkg.dev', 'acme/x/worker', 'acme/x');
      expect(sources.find(second)).toEqual({ from: 'acme/x/api' });
    });

    it('is never offered to another owner', () => {
      const sources = createMountSources();
      sources.add(first);
      const other = transfer('europe-docker.pkg.dev', 'globex/y/api', 'globex/y');
      expect(sources.find(other)).toEqual({ from: vendor.repository, origin: vendor.registry });
    });

    it('is dropped if the owner is unknown', () => {
      const sources = createMountSources();
      sources.add(transfer('registry.example.com', 'acme/x/api'));
      expect(sources.find(transfer('registry.example.com', 'acme/x/worker'))).toBeUndefined();
    });

    it('is not offered to the repository that has it', () => {
      const sources = createMountSources();
      sources.add(first);
      expect(sources.find(first)).toEqual({ from: vendor.repository, origin: vendor.registry });
    });

    it('is forgotten when too many others came after it', () => {
      const sources = createMountSources();
      const add = (from: number, to: number) => {
        for (let at = from; at < to; at++) {
          sources.add({ ...first, digest: `sha256:${at}` as BlobTransfer['digest'] });
        }
      };
      const second = transfer('europe-docker.pkg.dev', 'acme/x/worker', 'acme/x');
      sources.add(first);
      add(0, 19_999);
      expect(sources.find(second)).toEqual({ from: 'acme/x/api' });
      // The last use counts.
      add(19_999, 39_998);
      expect(sources.find(second)).toEqual({ from: 'acme/x/api' });
      add(39_998, 59_998);
      expect(sources.find(second)).toEqual({ from: vendor.repository, origin: vendor.registry });
    });
  });
});
