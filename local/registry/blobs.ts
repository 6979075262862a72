import type { OutgoingHttpHeaders } from 'node:http';
import type { Digest } from '../../shared/oci/digest';
import type { BlobStore, StoredBlob } from './blob-store';
import { refuse } from './errors';
import { parseRange } from './ranges';
import { requireDigest } from './references';
import type { Endpoint, Exchange, Reply } from './reply';

/** Reading and deleting blobs (end-2, end-10). */
export interface BlobEndpoints {
  readonly read: Endpoint;
  readonly remove: Endpoint;
}

export function createBlobEndpoints(blobs: BlobStore): BlobEndpoints {
  return {
    async read({ route, headers }) {
      const { digest, blob } = await findBlob(blobs, route);
      return blobReply(digest, blob, headers.range);
    },

    async remove({ route }) {
      const digest = requireDigest(route.reference);
      if (!(await blobs.remove(route.repository, digest))) throw unknownBlob(digest);
      return { status: 202, headers: {} };
    },
  };
}

async function findBlob(
  blobs: BlobStore,
  { repository, reference }: Exchange['route'],
): Promise<{ digest: Digest; blob: StoredBlob }> {
  const digest = requireDigest(reference);
  const blob = await blobs.find(repository, digest);
  if (blob === undefined) throw unknownBlob(digest);
  return { digest, blob };
}

function unknownBlob(digest: Digest): Error {
  return refuse('BLOB_UNKNOWN', 'blob unknown to registry', { detail: digest });
}

/** The content of a blob, or the part of it that `range` asks for. */
export function blobReply(digest: Digest, { path, size }: StoredBlob, range?: string): Reply {
  const headers: OutgoingHttpHeaders = {
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    etag: `"${digest}"`,
  };
  const part = parseRange(range, size);
  if (part === undefined) {
    return { status: 200, headers, body: { path, start: 0, length: size } };
  }
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${part.start}-${part.end}/${size}` },
    body: { path, start: part.start, length: part.end - part.start + 1 },
  };
}
