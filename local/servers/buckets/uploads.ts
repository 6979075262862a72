import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { objectNameProblem } from '../../../shared/kinds/object/reference';
import { ObjectDescription } from '../../../shared/kinds/object/stored-object';
import type { Machine } from '../machine';
import { partsOf } from '../multipart';
import type { Endpoint } from '../registry/reply';
import { invalid, noSuchBucket, StorageError } from './errors';
import { objectReply } from './resource';
import type { Kind } from './routes';
import { checkPreconditions, contentOf, type Store, type Version } from './store';

/** What an upload says of the object that it makes. */
export const UploadedResource = ObjectDescription.extend({
  name: z.string().min(1).optional(),
  crc32c: z.string().optional(),
});
export type UploadedResource = z.output<typeof UploadedResource>;

interface Upload {
  readonly resource: UploadedResource;
  readonly bytes: Buffer;
}

/** Reads `uploadType=media` and `uploadType=multipart`. @throws {StorageError} */
function readUpload(query: URLSearchParams, headers: IncomingHttpHeaders, body: Buffer): Upload {
  const contentType = headers['content-type'] ?? 'application/octet-stream';
  if (query.get('uploadType') !== 'multipart') return { resource: { contentType }, bytes: body };
  const parts = partsOf(contentType, body);
  const [metadata, media] = parts;
  if (metadata === undefined || media === undefined || parts.length !== 2) {
    throw invalid('A multipart upload has two parts.');
  }
  const resource = readResource(metadata.body);
  const mediaType = /^content-type:\s*(.+)$/im.exec(media.head)?.[1]?.trim();
  const type = resource.contentType ?? mediaType;
  return { resource: { ...resource, ...(type && { contentType: type }) }, bytes: media.body };
}

/** Reads the description that an upload, a patch or a rewrite sends; nothing is an empty one. @throws {StorageError} */
export function readResource(body: Buffer): UploadedResource {
  try {
    return UploadedResource.parse(body.length === 0 ? {} : JSON.parse(body.toString('utf8')));
  } catch (error) {
    throw invalid(`The object's metadata cannot be read: ${String(error)}`);
  }
}

/** Resumable uploads that are open. */
interface ResumableUploads {
  start(bucket: string, resource: UploadedResource, query: URLSearchParams): string;
  /** Takes one PUT: what has arrived so far, and the whole once it is complete. @throws {StorageError} */
  write(id: string, range: string | undefined, body: Buffer): Progress;
}

interface OpenUpload extends Upload {
  readonly bucket: string;
  /** Of the request that opened it: its preconditions hold for the whole. */
  readonly query: URLSearchParams;
}

interface Progress extends OpenUpload {
  readonly complete: boolean;
}

function createResumableUploads(names: Machine['names']): ResumableUploads {
  const uploads = new Map<string, OpenUpload>();
  return {
    start(bucket, resource, query) {
      const id = names();
      uploads.set(id, { bucket, resource, query, bytes: Buffer.alloc(0) });
      return id;
    },
    write(id, range, body) {
      const upload = uploads.get(id);
      if (upload === undefined) throw new StorageError(404, 'notFound', 'No such upload.');
      const { start, total, isRest } = readRange(range);
      if (start !== undefined && start !== upload.bytes.length) {
        throw invalid('The part does not begin where the one before ended.');
      }
      const next = { ...upload, bytes: Buffer.concat([upload.bytes, body]) };
      const complete = isRest || total === next.bytes.length;
      if (complete) uploads.delete(id);
      else uploads.set(id, next);
      return { ...next, complete };
    },
  };
}

/** A Content-Range: of a part, whose total may be unknown (a star) as yet; Google's client writes an end of a star for the rest. */
function readRange(range: string | undefined): { start?: number; total?: number; isRest: boolean } {
  const [, start, end, total] = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(range ?? '') ?? [];
  return {
    ...(start !== undefined && { start: Number(start) }),
    ...(total !== undefined && total !== '*' && { total: Number(total) }),
    isRest: range === undefined || end === '*',
  };
}

type UploadKind = 'insertObject' | 'startUpload' | 'continueUpload';

/** objects.insert: whole, in two parts, or resumable (https://cloud.google.com/storage/docs/uploads-downloads). */
export function createUploadEndpoints(
  store: Store,
  names: Machine['names'],
): Readonly<Record<UploadKind, Endpoint<Kind>>> {
  const uploads = createResumableUploads(names);

  function insert(bucket: string, query: URLSearchParams, { resource, bytes }: Upload): Version {
    const name = query.get('name') ?? resource.name ?? '';
    const problem = objectNameProblem(name);
    if (problem !== undefined) throw invalid(`Invalid object name: ${problem}.`);
    checkPreconditions(query, store.find(bucket, name));
    const content = contentOf(bytes);
    if (resource.crc32c !== undefined && resource.crc32c !== content.crc32c) {
      throw invalid(`Provided CRC32C "${resource.crc32c}" doesn't match "${content.crc32c}".`);
    }
    return store.put(bucket, name, content, ObjectDescription.parse(resource));
  }

  return {
    async insertObject(exchange) {
      const { route, query, headers } = exchange;
      const upload = readUpload(query, headers, await bytesOf(exchange.body));
      return objectReply(exchange, insert(route.repository, query, upload));
    },
    async startUpload({ route, query, body, headers, origin }) {
      if (!store.has(route.repository)) throw noSuchBucket();
      const resource = readResource(await bytesOf(body));
      const type = resource.contentType ?? headers['x-upload-content-type'];
      const id = uploads.start(
        route.repository,
        { ...resource, ...(type !== undefined && { contentType: String(type) }) },
        query,
      );
      const path = `/upload/storage/v1/b/${route.repository}/o`;
      const location = `${origin}${path}?uploadType=resumable&upload_id=${id}`;
      return { status: 200, headers: { location } };
    },
    async continueUpload(exchange) {
      const { query, headers } = exchange;
      const part = await bytesOf(exchange.body);
      const id = query.get('upload_id') ?? '';
      const upload = uploads.write(id, headers['content-range'], part);
      if (upload.complete)
        return objectReply(exchange, insert(upload.bucket, upload.query, upload));
      const last = upload.bytes.length - 1;
      return { status: 308, headers: last < 0 ? {} : { range: `bytes=0-${last}` } };
    },
  };
}

/** A request's whole body. */
export async function bytesOf(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
