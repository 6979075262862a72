import { refuse } from '../errors';
import type { Chunk } from '../storage/uploads';

/**
 * The bytes that a `Range` header asks for (RFC 9110, 14.2). `undefined`: send all, as for several ranges or other units.
 *
 * @throws {ProtocolError} RANGE_INVALID when no byte of the content is in it.
 */
export function parseRange(header: string | undefined, size: number): Chunk | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) {
    throw refuse('RANGE_INVALID', `no byte of ${String(header)} is in the blob`, {
      detail: { size },
      headers: { 'content-range': `bytes */${size}` },
    });
  }
  return { start, end };
}

/**
 * The part of an upload that a PATCH or PUT carries, `<start>-<end>` as the distribution-spec writes it or `bytes <start>-<end>/*`.
 *
 * @throws {ProtocolError} BLOB_UPLOAD_INVALID when it cannot be read or disagrees with Content-Length.
 */
export function parseContentRange(
  header: string | undefined,
  contentLength: string | undefined,
): Chunk | undefined {
  if (header === undefined) return undefined;
  const match = /^(?:bytes )?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header);
  const start = Number(match?.[1]);
  const end = Number(match?.[2]);
  const length = end - start + 1;
  if (match === null || (contentLength !== undefined && Number(contentLength) !== length)) {
    throw refuse('BLOB_UPLOAD_INVALID', 'Content-Range is no range, or not as long as the body', {
      detail: header.slice(0, 200),
    });
  }
  return { start, end };
}
