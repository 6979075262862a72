import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { digestOf } from '../../shared/oci/digest';
import { largeLayer, layer, type Layer } from './layer';

async function bytesOf({ blob: { content } }: Layer): Promise<Buffer> {
  if (typeof content !== 'function') return Buffer.from(content);
  return Buffer.concat((await content().toArray()) as Buffer[]);
}

/** The one file in a tar that this module wrote. */
function fileIn(tar: Buffer): { name: string; size: number; bytes: Buffer } {
  const text = (from: number, to: number) =>
    tar.toString('latin1', from, to).replace(/[\0 ].*$/s, '');
  const size = Number.parseInt(text(124, 136), 8);
  return { name: text(0, 100), size, bytes: tar.subarray(512, 512 + size) };
}

describe('layer', () => {
  it('is a gzipped tar with one file of the size asked for', async () => {
    const made = layer({ seed: 7, size: 1000 });
    const tar = gunzipSync(await bytesOf(made));
    expect(made.descriptor.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip');
    expect(fileIn(tar)).toMatchObject({ name: 'layer-7.bin', size: 1000 });
    expect(tar.length % 512).toBe(0);
    expect(made.diffId).toBe(digestOf(tar));
  });

  it('has a header checksum that tar accepts', () => {
    const { blob } = layer({ compression: 'none' });
    const header = Buffer.from(blob.content as Uint8Array).subarray(0, 512);
    const stored = Number.parseInt(header.toString('latin1', 148, 154), 8);
    header.fill(' ', 148, 156);
    expect(stored).toBe(header.reduce((sum, byte) => sum + byte, 0));
  });

  it('describes exactly its bytes, in the algorithm asked for', async () => {
    const made = layer({ algorithm: 'sha512', embed: true });
    const bytes = await bytesOf(made);
    expect(made.descriptor).toMatchObject({
      digest: digestOf(bytes, 'sha512'),
      size: bytes.length,
      data: bytes.toString('base64'),
    });
  });

  it('is the same for the same seed and another for another', () => {
    expect(layer({ seed: 'a' })).toEqual(layer({ seed: 'a' }));
    expect(layer({ seed: 'a' }).descriptor.digest).not.toBe(layer({ seed: 'b' }).descriptor.digest);
  });

  it('shrinks only when it is to be compressible', () => {
    const size = 200_000;
    expect(layer({ size }).descriptor.size).toBeGreaterThan(size);
    expect(layer({ size, compressible: true }).descriptor.size).toBeLessThan(size / 20);
  });
});

describe('largeLayer', () => {
  it.each([
    { seed: 1, size: 300_000 },
    { seed: 1, size: 300_000, compressible: true },
    { seed: 1, size: 300_000, compression: 'none' as const },
  ])('streams what layer() would hold, as often as it is opened: %j', async (options) => {
    const large = await largeLayer(options);
    const [first, second] = [await bytesOf(large), await bytesOf(large)];
    expect(first.equals(second)).toBe(true);
    expect(large.descriptor).toMatchObject({ digest: digestOf(first), size: first.length });
    expect(large.diffId).toBe(layer(options).diffId);
    expect(large.descriptor.mediaType).toBe(layer(options).descriptor.mediaType);
  });

  it('keeps only a small part in memory', async () => {
    const large = await largeLayer({ size: 32 * 1024 * 1024, algorithm: 'sha512' });
    const stream = (large.blob.content as () => Readable)();
    const hash = createHash('sha512');
    let largest = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      hash.update(chunk);
      largest = Math.max(largest, chunk.length);
    }
    expect(largest).toBeLessThanOrEqual(64 * 1024);
    expect(`sha512:${hash.digest('hex')}`).toBe(large.descriptor.digest);
  });
});
