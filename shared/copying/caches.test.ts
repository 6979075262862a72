import { digestOf } from '../oci/digest';
import type { Manifest } from '../oci/manifest';
import { createCopyCaches } from './caches';
import { MEMORY_PER_BYTE } from './manifest-cache';

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
