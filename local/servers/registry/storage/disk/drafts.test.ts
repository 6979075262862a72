import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { machine } from '../../../machine';
import { createUploads, type Uploads } from '../uploads';
import { createBlobStore } from './blobs';
import { openDrafts } from './drafts';
import { createLayout } from './layout';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'uploads-'));
});
afterEach(() => rm(folder, { recursive: true }));

function uploadsIn(drafts: string, now = () => 0): Uploads {
  const blobs = createBlobStore(createLayout(folder));
  return createUploads(openDrafts(drafts, blobs), {
    ...machine,
    clock: { ...machine.clock, now },
  });
}

describe('uploads on disk', () => {
  it('sweeps away sessions that were idle for an hour', async () => {
    let time = 0;
    const uploads = uploadsIn(folder, () => time);
    const abandoned = await uploads.start('a/b');
    const used = await uploads.start('a/b');
    await uploads.append(abandoned, Readable.from([Buffer.from('x')]));

    time = 30 * 60 * 1000;
    await uploads.append(used, Readable.from([Buffer.from('y')]));
    time = 61 * 60 * 1000;
    await uploads.start('a/b');

    expect(await readdir(folder)).toEqual([used.id]);
    expect(() => uploads.find('a/b', abandoned.id, abandoned.state)).toThrow('unknown');
    expect(uploads.find('a/b', used.id, used.state)).toBe(used);
  });

  it('waits for the disk instead of keeping the content in memory', async () => {
    const uploads = uploadsIn(folder);
    const session = await uploads.start('a/b');
    const megabyte = Buffer.alloc(1024 * 1024);
    await uploads.append(session, Readable.from(Array.from({ length: 16 }, () => megabyte)));
    expect(session.size).toBe(16 * 1024 * 1024);
  });

  it('appends one after the other', async () => {
    const uploads = uploadsIn(folder);
    const session = await uploads.start('a/b');
    await Promise.all([
      uploads.append(session, Readable.from([Buffer.from('01'), Buffer.from('23')])),
      uploads.append(session, Readable.from([Buffer.from('45')]), { start: 4, end: 5 }),
    ]);
    expect(session.size).toBe(6);
  });

  it('fails when the disk does', async () => {
    const uploads = uploadsIn(join(folder, 'missing'));
    const session = await uploads.start('a/b');
    const body = Readable.from([Buffer.alloc(8 * 1024 * 1024)]);
    await expect(uploads.append(session, body)).rejects.toThrow('ENOENT');
  });
});
