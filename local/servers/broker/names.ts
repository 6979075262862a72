import { invalidArgument, notFound } from './status-error';

/** @throws {StatusError} INVALID_ARGUMENT unless it is `projects/PROJECT/<collection>/NAME` as Pub/Sub allows it */
export function checkName(
  name: string | null | undefined,
  collection: 'topics' | 'subscriptions',
): string {
  const last = /^projects\/[^/]+\/(topics|subscriptions)\/(?!goog)[A-Za-z][\w.~+%-]{2,254}$/.exec(
    name ?? '',
  );
  if (name && last?.[1] === collection) return name;
  throw invalidArgument(
    `Invalid [${collection}] name: (name=${String(name)}). It must be projects/PROJECT/${collection}/NAME, NAME of 3 to 255 letters, digits and -._~+%, a letter first, not starting with "goog".`,
  );
}

/** @throws {StatusError} NOT_FOUND */
export function found<Resource>(resources: ReadonlyMap<string, Resource>, name: string): Resource {
  const resource = resources.get(name);
  if (resource === undefined) throw notFound(name);
  return resource;
}
