import { invalid } from './errors';
import { resourceOf } from './resource';
import type { Version } from './store';

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
