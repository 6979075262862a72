import type { OutgoingHttpHeaders } from 'node:http';
import type { Digest } from '../../../../shared/oci/digest';
import type { Machine } from '../../machine';
import { refuse } from '../errors';
import type { Endpoint, Exchange, Reply } from '../reply';
import type { BlobStore, StoredBlob } from '../storage/storage';
import type { Chunk } from '../storage/uploads';
import { requireDigest } from './references';

/** Reading and deleting blobs (end-2, end-10). */
export interface BlobEndpoints {
  readonly read: Endpoint;
  readonly remove: Endpoint;
}

export function createBlobEndpoints(blobs: BlobStore): BlobEndpoints {
  return {
    async read({ route: { repository, reference }, headers }) {
      const digest = requireDigest(reference);
      const blob = await blobs.find(repository, digest);
      if (blob === undefined) throw unknownBlob(digest);
      return blobReply(digest, blob, headers.range);
    },

    async remove({ route: { repository, reference } }) {
      const digest = requireDigest(reference);
      if (!(await blobs.remove(repository, digest))) throw unknownBlob(digest);
      return { status: 202, headers: {} };
    },
  };
}

function unknownBlob(digest: Digest): Error {
  return refuse('BLOB_UNKNOWN', 'blob unknown to registry', { detail: digest });
}

/** The content of a blob, or the part of it that `range` asks for. */
function blobReply(digest: Digest, { size, slice }: StoredBlob, range?: string): Reply {
  const headers: OutgoingHttpHeaders = {
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: `"${digest}"`,
  };
  const part = parseRange(range, size);
  if (part === undefined) {
    return { status: 200, headers, body: slice(0, size) };
  }
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${part.start}-${part.end}/${size}` },
    body: slice(part.start, part.end - part.start + 1),
  };
}

/**
 * Where redirected blobs are served, without authorization, as Artifact Registry and object stores do. A link is good for
 * one GET: a client that keeps one instead of asking the registry again is found out.
 */
export interface Downloads {
  /** The path of a new link for what `exchange` asks for. */
  readonly issue: (exchange: Exchange) => string;
  readonly serve: Endpoint;
}

export function createDownloads(readBlob: Endpoint, names: Machine['names']): Downloads {
  const links = new Map<string, Exchange['route']>();
  return {
    issue({ route }) {
      const link = names();
      links.set(link, route);
      return `/artifacts-downloads/${link}`;
    },
    async serve(exchange) {
      const link = exchange.route.reference;
      const route = links.get(link);
      if (route === undefined) throw refuse('DENIED', 'the link is unknown or was used before');
      if (exchange.method === 'GET') links.delete(link);
      return readBlob({ ...exchange, route });
    },
  };
}

/**
 * The bytes that a `Range` header asks for (RFC 9110, 14.2). `undefined`: send all, as for several ranges or other units.
 *
 * @throws {ProtocolError} RANGE_INVALID when no byte of the content is in it.
 */
function parseRange(header: string | undefined, size: number): Chunk | undefined {
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
