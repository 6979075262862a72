import { createHash } from 'node:crypto';
import type { Reply } from '../registry/reply';
import type { Version } from './store';

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
