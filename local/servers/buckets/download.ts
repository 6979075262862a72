import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Reply } from '../registry/reply';
import { StorageError } from './errors';
import type { Version } from './store';

/** objects.get with `alt=media`, whole or a range. @throws {StorageError} */
export function download(object: Version, { range }: IncomingHttpHeaders): Reply {
  const { content, description, generation, metageneration } = object;
  const { bytes, crc32c } = content;
  if (bytes === undefined) throw new StorageError(500, 'internalError', 'It has no content here.');
  const md5 = createHash('md5').update(bytes).digest('base64');
  const headers = {
    'accept-ranges': 'bytes',
    'content-type': description.contentType ?? 'application/octet-stream',
    ...(description.cacheControl && { 'cache-control': description.cacheControl }),
    ...(description.contentDisposition && {
      'content-disposition': description.contentDisposition,
    }),
    ...(description.contentEncoding && { 'content-encoding': description.contentEncoding }),
    ...(description.contentLanguage && { 'content-language': description.contentLanguage }),
    'x-goog-generation': generation,
    'x-goog-metageneration': String(metageneration),
    'x-goog-hash': `crc32c=${crc32c},md5=${md5}`,
    'x-goog-stored-content-length': String(content.size),
  };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  if (first === undefined) return { status: 200, headers, body: bytes };
  const start = Number(first);
  const end = Math.min(last ? Number(last) : Infinity, content.size - 1);
  if (start > end) {
    throw new StorageError(
      416,
      'requestedRangeNotSatisfiable',
      'The requested range is not there.',
    );
  }
  const part = `bytes ${start}-${end}/${content.size}`;
  return {
    status: 206,
    headers: { ...headers, 'content-range': part },
    body: bytes.subarray(start, end + 1),
  };
}
