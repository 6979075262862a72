import { createHash } from 'node:crypto';
import type { Reply } from '../registry/reply';
import { invalid } from './errors';
import type { Change, Version } from './store';

/** An object as the JSON API shows it (https://cloud.google.com/storage/docs/json_api/v1/objects#resource). */
export function resourceOf(object: Version, origin: string): Record<string, unknown> {
  const { bucket, name, generation, content } = object;
  const path = `b/${bucket}/o/${encodeURIComponent(name)}`;
  const time = object.created.toISOString();
  return {
    kind: 'storage#object',
    id: `${bucket}/${name}/${generation}`,
    selfLink: `${origin}/storage/v1/${path}`,
    mediaLink: `${origin}/download/storage/v1/${path}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation,
    metageneration: String(object.metageneration),
    storageClass: 'STANDARD',
    size: String(content.size),
    crc32c: content.crc32c,
    ...(content.bytes && { md5Hash: createHash('md5').update(content.bytes).digest('base64') }),
    etag: Buffer.from(`${generation}/${object.metageneration}`).toString('base64'),
    timeCreated: time,
    timeFinalized: time,
    updated: object.updated.toISOString(),
    ...object.description,
  };
}

/** Sends `body`, or what a request's `fields` leave of it. */
export function jsonReply(body: object, query?: URLSearchParams, status = 200): Reply {
  const mask = query?.get('fields');
  const shown = mask == null ? body : select(body, parseMask(mask));
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: Buffer.from(JSON.stringify(shown)),
  };
}

/** The object, as the request wants to see it. */
export function objectReply(
  { query, origin }: { readonly query: URLSearchParams; readonly origin: string },
  object: Version,
): Reply {
  return jsonReply(resourceOf(object, origin), query);
}

/** Field names, each with the mask of what is below it; empty for all. */
type Mask = Map<string, Mask>;

/** `a,b(c,d),e/f`: https://cloud.google.com/storage/docs/json_api#partial-response */
function parseMask(text: string): Mask {
  const tokens = text.match(/[\w-]+|[(),/*]/g) ?? [];
  let at = 0;

  function level(): Mask {
    const mask: Mask = new Map();
    while (at < tokens.length && tokens[at] !== ')') {
      const name = tokens[at++] ?? '';
      if (name !== ',') mask.set(name, below());
    }
    return mask;
  }

  function below(): Mask {
    if (tokens[at] === '(') {
      at += 1;
      const mask = level();
      at += 1;
      return mask;
    }
    if (tokens[at] !== '/') return new Map();
    at += 1;
    return new Map([[tokens[at++] ?? '', below()]]);
  }

  return level();
}

function select(value: unknown, mask: Mask): unknown {
  if (mask.size === 0 || mask.has('*')) return value;
  if (Array.isArray(value)) return value.map((entry) => select(entry, mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, entry]) => {
      const inner = mask.get(key);
      return inner === undefined ? [] : [[key, select(entry, inner)]];
    }),
  );
}

/** objects.list of `objects`, which are sorted: prefix, first name, delimiter, pages. @throws {StorageError} */
export function listObjects(
  objects: readonly Version[],
  query: URLSearchParams,
  origin: string,
  pageSize: number,
): object {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const start = Buffer.from(query.get('startOffset') ?? '');
  const after = Buffer.from(query.get('pageToken') ?? '', 'base64').toString('utf8');
  const size = Math.min(Number(query.get('maxResults') ?? pageSize), pageSize);
  if (!Number.isSafeInteger(size) || size < 1) throw invalid('Invalid value for maxResults.');

  const items: Version[] = [];
  const prefixes = new Set<string>();
  let last = '';
  for (const object of objects) {
    const { name } = object;
    const bytes = Buffer.from(name);
    if (!name.startsWith(prefix) || Buffer.compare(bytes, Buffer.from(after)) <= 0) continue;
    if (Buffer.compare(bytes, start) < 0) continue;
    const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    const folder = end < 0 ? undefined : name.slice(0, end + delimiter.length);
    const isNew = folder === undefined || !prefixes.has(folder);
    if (isNew && items.length + prefixes.size === size) {
      return page(items, prefixes, origin, last);
    }
    if (folder === undefined) items.push(object);
    else prefixes.add(folder);
    last = name;
  }
  return page(items, prefixes, origin);
}

function page(
  items: readonly Version[],
  prefixes: ReadonlySet<string>,
  origin: string,
  last?: string,
): object {
  return {
    kind: 'storage#objects',
    ...(items.length > 0 && { items: items.map((object) => resourceOf(object, origin)) }),
    ...(prefixes.size > 0 && { prefixes: [...prefixes] }),
    ...(last !== undefined && { nextPageToken: Buffer.from(last).toString('base64') }),
  };
}

/** A message as Cloud Storage publishes it (https://cloud.google.com/storage/docs/pubsub-notifications). */
export interface BucketNotification {
  readonly attributes: Readonly<Record<string, string>>;
  /** The object's resource: payload format JSON_API_V1. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** A notification as the API returns it (https://cloud.google.com/storage/docs/json_api/v1/notifications). */
export function notificationConfig(topic: string): object {
  return {
    kind: 'storage#notification',
    id: '1',
    topic: `//pubsub.googleapis.com/${topic}`,
    event_types: ['OBJECT_FINALIZE', 'OBJECT_METADATA_UPDATE'],
    payload_format: 'JSON_API_V1',
  };
}

/** What is published for a change of an object in a bucket that has a notification for it. */
export function notificationOf(change: Change, origin: string, time: Date): BucketNotification {
  const { type, object } = change;
  const { bucket, name, generation } = object;
  return {
    attributes: {
      notificationConfig: `projects/_/buckets/${bucket}/notificationConfigs/1`,
      eventType: type,
      payloadFormat: 'JSON_API_V1',
      bucketId: bucket,
      objectId: name,
      objectGeneration: generation,
      eventTime: time.toISOString(),
      ...('overwrote' in change && { overwroteGeneration: change.overwrote }),
      ...('overwrittenBy' in change && { overwrittenByGeneration: change.overwrittenBy }),
    },
    data: resourceOf(object, origin),
  };
}
