import { statSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { machine } from '../../machine';
import { createBlobStore, openDrafts } from './blobs';
import { createLayout } from './files';
import { createUploads, type Uploads } from './uploads';

const MIB = 1024 * 1024;

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
    const megabyte = Buffer.alloc(MIB);
    const heldBack: number[] = [];
    function* content(): Generator<Buffer> {
      for (let asked = 0; asked < 16; asked++) {
        const onDisk = statSync(join(folder, session.id), { throwIfNoEntry: false })?.size ?? 0;
        heldBack.push(asked * MIB - onDisk);
        yield megabyte;
      }
    }
    await uploads.append(session, Readable.from(content()));
    expect(session.size).toBe(16 * MIB);
    expect(heldBack).toHaveLength(16);
    // What waits for the disk, and one piece that the stream reads ahead.
    expect(Math.max(...heldBack)).toBeLessThanOrEqual(5 * MIB);
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
    const body = Readable.from([Buffer.alloc(8 * MIB)]);
    await expect(uploads.append(session, body)).rejects.toThrow('ENOENT');
  });
});
