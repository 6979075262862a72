import { Readable } from 'node:stream';
import { createBlobStream, type BlobPart } from './blob-stream';
import { digestOf } from './digest';

const content = Buffer.from('a blob');
const descriptor = { mediaType: 'x', digest: digestOf(content), size: content.length };

it('is closed only when a request that was to go on with it has ended', async () => {
  const broken = new Readable({ read: () => undefined });
  let resume: (part: BlobPart) => void = () => undefined;
  const resumed = new Promise<BlobPart>((resolve) => (resume = resolve));
  const events: string[] = [];
  const stream = createBlobStream(
    descriptor,
    { body: broken, skip: 0 },
    { what: 'GET', count: () => undefined, resume: () => resumed },
  );
  stream.on('error', () => events.push('error')).on('close', () => events.push('close'));
  broken.destroy(new Error('the connection is gone'));
  await new Promise(setImmediate);
  stream.destroy(new Error('nobody wants it any more'));
  await new Promise(setImmediate);
  expect(events).toEqual([]);

  const late = Readable.from([content]);
  resume({ body: late, skip: 0 });
  await new Promise(setImmediate);
  expect(events).toEqual(['error', 'close']);
  expect(late.destroyed).toBe(true);
});
