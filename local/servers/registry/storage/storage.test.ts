import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { digestOf, type Digest } from '../../../../shared/oci/digest';
import { createMemoryStorage } from '../../../../test/support/memory-registry-storage';
import { machine } from '../../machine';
import { openDiskStorage } from './disk';
import type { Storage } from './storage';

const bytes = Buffer.from('0123456789');
const digest = digestOf(bytes);
const manifest = { digest, mediaType: 'application/json', bytes };

describe.each(['disk', 'memory'])('a storage in %s', (kind) => {
  let folder: string;
  let storage: Storage;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'storage-'));
    storage =
      kind === 'disk' ? await openDiskStorage(folder, machine) : createMemoryStorage(machine);
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function upload(repository: string, ...parts: string[]): Promise<void> {
    const session = await storage.uploads.start(repository);
    for (const part of parts) {
      await storage.uploads.append(session, Readable.from([Buffer.from(part)]));
    }
    await storage.uploads.commit(session, digest);
  }

  async function read(repository: string, start: number, length: number): Promise<string> {
    const content = (await storage.blobs.find(repository, digest))?.slice(start, length);
    if (content === undefined) return 'absent';
    return String(content instanceof Uint8Array ? content : await buffer(content.open()));
  }

  it('shows an upload as a blob of its repository alone, whole and in part', async () => {
    await upload('a/b', '01234', '56789');
    expect(await storage.blobs.find('a/b', digest)).toMatchObject({ size: 10 });
    expect(await read('a/b', 0, 10)).toBe('0123456789');
    expect(await read('a/b', 3, 4)).toBe('3456');
    expect(await read('a/b', 3, 0)).toBe('');
    expect(await read('a/c', 0, 10)).toBe('absent');
    await upload('a/b', '0123456789');
    expect(await read('a/b', 0, 10)).toBe('0123456789');
  });

  it('ends an upload of other content, and one that is given up', async () => {
    await expect(upload('a/b', 'other')).rejects.toThrow('did not match');
    const { uploads } = storage;
    const session = await uploads.start('a/b');
    await uploads.cancel(session);
    expect(() => uploads.find('a/b', session.id, session.state)).toThrow('unknown');
    expect(await read('a/b', 0, 10)).toBe('absent');
  });

  it('knows the digest by an algorithm that only the end of the upload names', async () => {
    const session = await storage.uploads.start('a/b');
    await storage.uploads.append(session, Readable.from([bytes]));
    const sha512 = digestOf(bytes, 'sha512');
    await storage.uploads.commit(session, sha512);
    expect(await storage.blobs.find('a/b', sha512)).toMatchObject({ size: 10 });
  });

  it('keeps what arrived before a client broke off', async () => {
    const session = await storage.uploads.start('a/b');
    async function* broken() {
      yield Promise.resolve(Buffer.from('01234'));
      throw new Error('the client has gone');
    }
    await expect(storage.uploads.append(session, broken())).rejects.toThrow('has gone');
    await storage.uploads.append(session, Readable.from([Buffer.from('56789')]), {
      start: 5,
      end: 9,
    });
    await storage.uploads.commit(session, digest);
    expect(await read('a/b', 0, 10)).toBe('0123456789');
  });

  it('mounts a blob from a repository that shows it, or from any', async () => {
    const { blobs } = storage;
    expect(await blobs.mount('a/c', digest)).toBe(false);
    await upload('a/b', '0123456789');
    expect(await blobs.mount('a/c', digest, 'a/d')).toBe(false);
    expect(await blobs.mount('a/c', digest, 'a/b')).toBe(true);
    expect(await blobs.mount('a/d', digest)).toBe(true);
    expect([await blobs.remove('a/b', digest), await blobs.remove('a/b', digest)]).toEqual([
      true,
      false,
    ]);
    expect(await read('a/c', 0, 10)).toBe('0123456789');
    for (const repository of ['a/c', 'a/d']) await blobs.remove(repository, digest);
    expect(await blobs.mount('a/e', digest)).toBe(false);
  });

  it('keeps manifests by repository', async () => {
    const { manifests } = storage;
    await manifests.put('b/a', manifest);
    await manifests.put('a/b', manifest);
    const found = await manifests.get('a/b', digest);
    expect({ ...found, bytes: String(found?.bytes) }).toEqual({
      ...manifest,
      bytes: '0123456789',
    });
    expect(await manifests.get('a/c', digest)).toBeUndefined();
    expect([await manifests.remove('a/b', digest), await manifests.remove('a/b', digest)]).toEqual([
      true,
      false,
    ]);
    expect([await manifests.has('a/b', digest), await manifests.has('b/a', digest)]).toEqual([
      false,
      true,
    ]);
    expect(await manifests.repositories()).toEqual(['a/b', 'b/a']);
    await manifests.put('c', manifest);
    expect(await manifests.repositories()).toEqual(['a/b', 'b/a', 'c']);
  });

  it('keeps tags of repositories that have had a manifest', async () => {
    const { manifests, tags } = storage;
    expect(await tags.list('a/b')).toBeUndefined();
    await manifests.put('a/b', manifest);
    expect(await tags.list('a/b')).toStrictEqual([]);
    const other = digestOf(Buffer.from('other'));
    for (const tag of ['b', 'a', 'B']) await tags.set('a/b', tag, digest);
    expect(await tags.list('a/b')).toEqual(['B', 'a', 'b']);
    expect(await tags.setOnce('a/b', 'a', digest)).toBe(true);
    expect(await tags.setOnce('a/b', 'a', other)).toBe(false);
    expect(await tags.setOnce('a/b', 'c', other)).toBe(true);
    await tags.set('a/b', 'b', other);
    expect([await tags.remove('a/b', 'B'), await tags.remove('a/b', 'B')]).toEqual([true, false]);
    const held = ['a', 'b', 'c', 'B'].map((tag) => tags.resolve('a/b', tag));
    expect(await Promise.all(held)).toStrictEqual([digest, other, other, undefined]);
  });

  it('lists the referrers of a subject, sorted', async () => {
    const { referrers } = storage;
    const listed = (seed: string): { mediaType: string; digest: Digest; size: number } => ({
      mediaType: 'x',
      digest: digestOf(Buffer.from(seed)),
      size: 1,
    });
    const sorted = ['1', '2', '3'].map(listed).sort((a, b) => (a.digest < b.digest ? -1 : 1));
    for (const each of [...sorted].reverse()) await referrers.add('a/b', digest, each);
    expect(await referrers.list('a/b', digest)).toEqual(sorted);
    await referrers.remove('a/b', digest, sorted[1]!.digest);
    expect(await referrers.list('a/b', digest)).toEqual([sorted[0], sorted[2]]);
    expect(await referrers.list('a/c', digest)).toStrictEqual([]);
  });
});
