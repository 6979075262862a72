import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { isBucketName } from '../../../shared/kinds/object/reference';
import { ObjectDescription } from '../../../shared/kinds/object/stored-object';
import type { Machine } from '../machine';
import type { Endpoint, Exchange, Reply } from '../registry/reply';
import { invalid, noSuchBucket, StorageError } from './errors';
import { jsonReply, listObjects, notificationConfig, objectReply, resourceOf } from './resource';
import type { Rewrites } from './rewrites';
import type { Kind } from './routes';
import { checkPreconditions, type Store, type Version } from './store';
import { bytesOf, createUploadEndpoints, readResource } from './uploads';

export interface EndpointDeps {
  readonly store: Store;
  readonly rewrites: Rewrites;
  /** By bucket: the topic of its notification. */
  readonly topics: Readonly<Record<string, string>>;
  /** Objects in a page where the client does not ask for fewer. */
  readonly pageSize: number;
  readonly names: Machine['names'];
}

const NewBucket = z.looseObject({ name: z.string() });

/** The methods of the JSON API that are here. Each throws {@link StorageError} for what it refuses. */
export function createEndpoints({
  store,
  rewrites,
  topics,
  pageSize,
  names,
}: EndpointDeps): Readonly<Record<Kind, Endpoint<Kind>>> {
  const objectOf = ({ route }: Exchange<Kind>): Version =>
    store.get(route.repository, route.reference);

  return {
    ...createUploadEndpoints(store, names),
    ...createBucketEndpoints(store, topics),
    listObjects: ({ route, query, origin }) =>
      answer(jsonReply(listObjects(store.list(route.repository), query, origin, pageSize), query)),
    getObject(exchange) {
      const object = objectOf(exchange);
      checkPreconditions(exchange.query, object);
      return answer(objectReply(exchange, object));
    },
    downloadObject: (exchange) => answer(download(objectOf(exchange), exchange.headers)),
    async patchObject(exchange) {
      const object = objectOf(exchange);
      checkPreconditions(exchange.query, object);
      const patch = ObjectDescription.parse(readResource(await bytesOf(exchange.body)));
      const metadata = { ...object.description.metadata, ...patch.metadata };
      const description = { ...object.description, ...patch, metadata };
      return objectReply(exchange, store.describe(object, description));
    },
    deleteObject(exchange) {
      const object = objectOf(exchange);
      checkPreconditions(exchange.query, object);
      store.remove(object);
      return answer({ status: 204, headers: {} });
    },
    async rewriteObject(exchange) {
      const { route, query, body, origin } = exchange;
      const [, name = '', bucket = '', target = ''] =
        /^(.+)\/rewriteTo\/b\/([^/]+)\/o\/(.+)$/s.exec(route.reference) ?? [];
      const step = rewrites.step({
        bucket: route.repository,
        name,
        query,
        body: readResource(await bytesOf(body)),
        to: { bucket, name: target },
      });
      return jsonReply(rewriteAnswer(step, origin), query);
    },
    unknown: () => Promise.reject(new StorageError(404, 'notFound', 'Not Found')),
  };
}

function createBucketEndpoints(
  store: Store,
  topics: EndpointDeps['topics'],
): Pick<
  Record<Kind, Endpoint<Kind>>,
  'getBucket' | 'testPermissions' | 'listNotifications' | 'insertBucket'
> {
  return {
    getBucket({ route: { repository: name }, query }) {
      if (!store.has(name)) throw noSuchBucket();
      return answer(jsonReply({ kind: 'storage#bucket', id: name, name, location: 'US' }, query));
    },
    testPermissions({ route: { repository: name }, query }) {
      if (!store.has(name)) throw noSuchBucket();
      const kind = 'storage#testIamPermissionsResponse';
      return answer(jsonReply({ kind, permissions: query.getAll('permissions') }, query));
    },
    listNotifications({ route: { repository: name }, query }) {
      if (!store.has(name)) throw noSuchBucket();
      const topic = topics[name];
      const items = topic === undefined ? [] : [notificationConfig(topic)];
      return answer(jsonReply({ kind: 'storage#notifications', items }, query));
    },
    async insertBucket({ body, query }) {
      const { name } = NewBucket.parse(JSON.parse(String(await bytesOf(body))));
      if (!isBucketName(name)) throw invalid(`Invalid bucket name: '${name}'`);
      if (store.has(name)) throw new StorageError(409, 'conflict', 'You already own this bucket.');
      store.create(name);
      return jsonReply({ kind: 'storage#bucket', id: name, name, location: 'US' }, query);
    },
  };
}

function rewriteAnswer(step: ReturnType<Rewrites['step']>, origin: string): object {
  const kind = 'storage#rewriteResponse';
  if (!step.done) {
    const { rewritten, size, token } = step;
    const sizes = { totalBytesRewritten: String(rewritten), objectSize: String(size) };
    return { kind, ...sizes, done: false, rewriteToken: token };
  }
  const size = String(step.object.content.size);
  const resource = resourceOf(step.object, origin);
  return { kind, totalBytesRewritten: size, objectSize: size, done: true, resource };
}

const answer = (reply: Reply): Promise<Reply> => Promise.resolve(reply);

/** objects.get with `alt=media`, whole or a range. @throws {StorageError} */
function download(object: Version, { range }: IncomingHttpHeaders): Reply {
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
