import { objectNameProblem } from '../../../shared/kinds/object/reference';
import { ObjectDescription } from '../../../shared/kinds/object/stored-object';
import type { Machine } from '../machine';
import type { Endpoint } from '../registry/reply';
import { invalid, noSuchBucket } from './errors';
import { checkPreconditions } from './preconditions';
import { objectReply } from './resource';
import type { Kind } from './routes';
import { contentOf, type Store, type Version } from './store';
import { createResumableUploads, readResource, readUpload, type Upload } from './uploads';

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
