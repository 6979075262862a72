import * as z from 'zod';
import type { OpenOptions, RegistryClient } from '../../oci/client';
import type { Exchange } from '../../oci/exchange';
import { dropBody, readJson } from '../../oci/http/bodies';
import type { HttpResponse } from '../../oci/http/transport';
import { GOOGLE_STORAGE_HOST } from './reference';
import { type ObjectDescription, StoredObject, OBJECT_FIELDS } from './stored-object';

/**
 * One bucket of Cloud Storage, as its JSON API has it, seen by one identity. Every answer that a method does not promise is
 * thrown as a RegistryError, a missing one as a NetworkError.
 */
export interface Bucket {
  readonly bucket: string;
  /** The service account that is acted as; absent: the process's own. */
  readonly identity?: string;
  /** objects.get. `undefined`: there is no live object of this name, or no such bucket. */
  getObject(name: string): Promise<StoredObject | undefined>;
  /** objects.list with one result: fails where {@link getObject} is silent, when the bucket itself is not there. */
  checkBucket(): Promise<void>;
  /** objects.list: one page of up to 1,000 objects whose names begin with `prefix`, in the order of their names. */
  listPage(prefix: string, page?: string): Promise<ObjectPage>;
  /** objects.list from a name on, of any prefix: one page. */
  listFrom(name: string): Promise<ObjectPage>;
  /** buckets.testIamPermissions: which of these the caller has not got. Anybody may ask. */
  missingPermissions(permissions: readonly string[]): Promise<readonly string[]>;
  /** notifications.list: the topics to which the bucket publishes what happens in it. */
  listNotifications(): Promise<readonly NotificationConfig[]>;
  /** objects.rewrite: one call. This bucket is the one that is written to. */
  rewrite(call: RewriteCall): Promise<RewriteAnswer>;
}

export interface ObjectPage {
  readonly objects: readonly StoredObject[];
  /** Absent on the last page. */
  readonly next?: string;
}

export interface NotificationConfig {
  /** `//pubsub.googleapis.com/projects/P/topics/T` */
  readonly topic: string;
  /** Absent: all. */
  readonly eventTypes?: readonly string[];
  /** Of which objects; absent: of all. */
  readonly prefix?: string;
}

interface RewriteCall {
  /** Refused (412) unless this generation is the live one, and its metadata is of this metageneration. */
  readonly source: {
    readonly bucket: string;
    readonly name: string;
    readonly generation: string;
    readonly metageneration?: string;
  };
  readonly name: string;
  /** Refused (412) unless this generation is held; `0`: unless there is no such object. */
  readonly ifGenerationMatch: string;
  readonly description: ObjectDescription;
  /** From the call before. */
  readonly token?: string;
}

type RewriteAnswer =
  | { readonly done: true; readonly object: StoredObject }
  | { readonly done: false; readonly token: string; readonly rewritten: number };

type OpenBucketOptions = Omit<OpenOptions, 'access'> & {
  /** Where the JSON API is: `host[:port]`. Default: Google's. */
  readonly host?: string;
};

/**
 * Opens a bucket of Cloud Storage over the process's own client: connections, tokens, pauses, retries and the judging of
 * answers are the same as for registries. No request is sent.
 *
 * Plain requests instead of `@google-cloud/storage`: the loop of its `File.copy` shows no token, knows no deadline, sends no
 * precondition on the source and drops the target's from the second call on, and it repeats by rules of its own. So nothing
 * more is loaded for objects.
 */
export function openBucket(
  client: Pick<RegistryClient, 'connect'>,
  bucket: string,
  { host = GOOGLE_STORAGE_HOST, ...options }: OpenBucketOptions,
): Bucket {
  const { identity } = options;
  const name = { registry: host, repository: bucket };
  const { exchange, origin } = client.connect(name, { ...options, access: 'push' });
  return {
    bucket,
    identity,
    ...createBucketMethods({ exchange, origin, bucket }),
  };
}

interface JsonApiContext {
  readonly exchange: Exchange;
  readonly origin: URL;
  readonly bucket: string;
}

type Query = Readonly<Record<string, string>> | [name: string, value: string][];

/** The service's own limit (https://cloud.google.com/storage/docs/json_api/v1/objects/list). */
const OBJECTS_A_PAGE = 1000;
/** A call answers once it has copied what it can in its time; Google asks clients to wait for at least 30 seconds. */
const REWRITE_TIMEOUT_MS = 120_000;
/** A thousand objects with 8 KiB of custom metadata each, and as much again. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

const Page = z.object({
  items: z.array(StoredObject).default([]),
  nextPageToken: z.string().optional(),
});
const Notifications = z.object({
  items: z
    .array(
      z.object({
        topic: z.string(),
        event_types: z.array(z.string()).optional(),
        object_name_prefix: z.string().optional(),
      }),
    )
    .default([]),
});
const Permissions = z.object({ permissions: z.array(z.string()).default([]) });
const Bytes = z.coerce.number();
const Rewritten = z.discriminatedUnion('done', [
  z.object({ done: z.literal(true), resource: StoredObject }),
  z.object({ done: z.literal(false), rewriteToken: z.string().min(1), totalBytesRewritten: Bytes }),
]);
const REWRITE_FIELDS = `done,rewriteToken,totalBytesRewritten,resource(${OBJECT_FIELDS})`;

/** The methods of one bucket (https://cloud.google.com/storage/docs/json_api/v1/objects). */
function createBucketMethods({
  exchange,
  origin,
  bucket,
}: JsonApiContext): Omit<Bucket, 'bucket' | 'identity'> {
  const root = `/storage/v1/b/${encodeURIComponent(bucket)}`;
  const objects = `${root}/o`;
  const urlOf = (path: string, query: Query): URL => urlAt(origin, path, query);

  const list = (where: Readonly<Record<string, string>>): Promise<ObjectPage> => {
    const fields = `items(${OBJECT_FIELDS}),nextPageToken`;
    const url = urlOf(objects, { ...where, maxResults: String(OBJECTS_A_PAGE), fields });
    return exchange({ method: 'GET', url, accept: [200] }, async (response) => {
      const { items, nextPageToken: next = '' } = await readAs(response, Page);
      return { objects: items, ...(next !== '' && { next }) };
    });
  };

  return {
    getObject(name) {
      const url = urlOf(`${objects}/${encodeURIComponent(name)}`, { fields: OBJECT_FIELDS });
      return exchange({ method: 'GET', url, accept: [200, 404] }, async (response) => {
        if (response.status === 200) return readAs(response, StoredObject);
        await dropBody(response);
        return undefined;
      });
    },
    async checkBucket() {
      const url = urlOf(objects, { maxResults: '1', fields: 'kind' });
      await exchange({ method: 'GET', url, accept: [200] }, dropBody);
    },
    listPage: (prefix, page) => list({ prefix, ...(page !== undefined && { pageToken: page }) }),
    listFrom: (name) => list({ startOffset: name }),
    async listNotifications() {
      const url = new URL(`${root}/notificationConfigs`, origin);
      const { items } = await exchange({ method: 'GET', url, accept: [200] }, (response) =>
        readAs(response, Notifications),
      );
      return items.map(({ topic, event_types: eventTypes, object_name_prefix: prefix = '' }) => ({
        topic,
        eventTypes,
        ...(prefix !== '' && { prefix }),
      }));
    },
    async missingPermissions(permissions) {
      const query = permissions.map((permission): [string, string] => ['permissions', permission]);
      const url = urlOf(`${root}/iam/testPermissions`, query);
      const held = await exchange({ method: 'GET', url, accept: [200] }, (response) =>
        readAs(response, Permissions),
      );
      return permissions.filter((permission) => !held.permissions.includes(permission));
    },
    rewrite: createRewrite({ exchange, origin, bucket }),
  };
}

function createRewrite({ exchange, origin, bucket }: JsonApiContext): Bucket['rewrite'] {
  return (call) => {
    const { source, name, description } = call;
    const from = `b/${encodeURIComponent(source.bucket)}/o/${encodeURIComponent(source.name)}`;
    const to = `b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`;
    const request = {
      method: 'POST',
      url: urlAt(origin, `/storage/v1/${from}/rewriteTo/${to}`, queryOf(call)),
      accept: [200],
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(description)),
      answerTimeoutMs: REWRITE_TIMEOUT_MS,
    } as const;
    return exchange(request, async (response) => {
      const answer = await readAs(response, Rewritten);
      if (answer.done) return { done: true, object: answer.resource };
      const { rewriteToken: token, totalBytesRewritten: rewritten } = answer;
      return { done: false, token, rewritten };
    });
  };
}

function urlAt(origin: URL, path: string, query: Query): URL {
  return new URL(`${path}?${new URLSearchParams(query).toString()}`, origin);
}

function queryOf({ source, ifGenerationMatch, token }: RewriteCall): Record<string, string> {
  return {
    ifSourceGenerationMatch: source.generation,
    ...(source.metageneration !== undefined && {
      ifSourceMetagenerationMatch: source.metageneration,
    }),
    ifGenerationMatch,
    fields: REWRITE_FIELDS,
    ...(token !== undefined && { rewriteToken: token }),
  };
}

/** @throws {RegistryError} when it is something else. */
function readAs<T>(response: HttpResponse, schema: z.ZodType<T>): Promise<T> {
  const otherwise = 'the answer is not what the JSON API promises';
  return readJson(response, { schema, limit: MAX_BODY_BYTES, otherwise });
}
