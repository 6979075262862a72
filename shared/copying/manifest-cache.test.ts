import { digestOf } from '../oci/digest';
import type { Manifest } from '../oci/manifest';
import { createManifestCache, MEMORY_PER_BYTE } from './manifest-cache';

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
