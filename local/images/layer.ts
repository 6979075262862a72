import { createCipheriv, createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { digestOf, finishDigest, type Digest, type DigestAlgorithm } from '../../shared/oci/digest';
import { blob, type DescribedBlob } from './content';
import { OCI } from './media-types';

/** A layer: a blob, and the digest of its content before compression, which the image's config names. */
export interface Layer extends DescribedBlob {
  readonly diffId: Digest;
}

export interface LayerOptions {
  /** The same options give the same bytes. */
  readonly seed?: string | number;
  /** Bytes of the one file inside. */
  readonly size?: number;
  /** False (default): random bytes, so that the layer is about `size` large. True: it shrinks to a small part. */
  readonly compressible?: boolean;
  readonly compression?: 'gzip' | 'none';
  readonly mediaType?: string;
  readonly algorithm?: DigestAlgorithm;
  /** Embeds the bytes in the descriptor too (`data`). */
  readonly embed?: boolean;
}

const CHUNK = 64 * 1024;
const TAR_BLOCK = 512;

/** A real layer, a tar with one file in it, held in memory: for sizes up to some MB. */
export function layer(options: LayerOptions = {}): Layer {
  const tar = Buffer.concat([...tarChunks(options)]);
  const bytes = options.compression === 'none' ? tar : gzipSync(tar, gzipOptions(options));
  return {
    ...blob(bytes, mediaTypeOf(options), options),
    diffId: digestOf(tar, options.algorithm),
  };
}

/** As {@link layer}, but generated again at each read: for sizes up to 8 GiB, the limit of a tar header. */
export async function largeLayer(options: LayerOptions = {}): Promise<Layer> {
  const algorithm = options.algorithm ?? 'sha256';
  const [tarHash, hash] = [createHash(algorithm), createHash(algorithm)];
  let size = 0;
  await pipeline(
    openLayer(options, (chunk) => tarHash.update(chunk)),
    async (stream) => {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        hash.update(chunk);
        size += chunk.byteLength;
      }
    },
  );
  const digest = finishDigest(hash, algorithm);
  return {
    descriptor: { mediaType: mediaTypeOf(options), digest, size },
    blob: { digest, size, content: () => openLayer(options) },
    diffId: finishDigest(tarHash, algorithm),
  };
}

function openLayer(
  options: LayerOptions,
  seeTar: (chunk: Buffer) => void = () => undefined,
): Readable {
  const tar = Readable.from(
    (function* () {
      for (const chunk of tarChunks(options)) {
        seeTar(chunk);
        yield chunk;
      }
    })(),
    { objectMode: false },
  );
  return options.compression === 'none' ? tar : tar.pipe(createGzip(gzipOptions(options)));
}

/** Random bytes do not shrink, and storing them keeps gigabytes quick to make. */
function gzipOptions({ compressible = false }: LayerOptions) {
  return { level: compressible ? 6 : 0 };
}

function mediaTypeOf({ mediaType, compression }: LayerOptions): string {
  return mediaType ?? (compression === 'none' ? OCI.layer : OCI.layerGzip);
}

function* tarChunks({
  seed = 0,
  size = 1024,
  compressible = false,
}: LayerOptions): Generator<Buffer> {
  yield tarHeader(`layer-${seed}.bin`, size);
  yield* fileChunks(`${seed}`, size, compressible);
  yield Buffer.alloc((TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK);
  yield Buffer.alloc(2 * TAR_BLOCK);
}

/** AES in counter mode over zeros: gigabytes of reproducible random bytes a second. */
function* fileChunks(seed: string, size: number, compressible: boolean): Generator<Buffer> {
  const key = createHash('sha256').update(seed).digest();
  const random = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK);
  const repeated = compressible
    ? Buffer.alloc(CHUNK, random.update(zeros.subarray(0, 256)))
    : undefined;
  for (let left = size; left > 0; left -= CHUNK) {
    const length = Math.min(left, CHUNK);
    yield repeated?.subarray(0, length) ?? random.update(zeros.subarray(0, length));
  }
}

/** POSIX ustar: a regular file, mode 0644, owner root, modified at the epoch. */
function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(TAR_BLOCK);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  header.write(name.slice(0, 100), 0);
  header.write(octal(0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  // The checksum is taken with its own field as spaces.
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
