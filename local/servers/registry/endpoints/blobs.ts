import type { OutgoingHttpHeaders } from 'node:http';
import type { Digest } from '../../../../shared/oci/digest';
import { refuse } from '../errors';
import type { Endpoint, Reply } from '../reply';
import type { BlobStore, StoredBlob } from '../storage/storage';
import { parseRange } from './ranges';
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
