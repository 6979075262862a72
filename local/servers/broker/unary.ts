import { type handleUnaryCall, status } from '@grpc/grpc-js';
import { StatusError, invalidArgument } from './status-error';

/** Turns a function into a gRPC handler. `cancelled` is aborted when the caller no longer waits. */
export function unary<Asked, Answer>(
  handle: (request: Asked, cancelled: AbortSignal) => Answer | Promise<Answer>,
): handleUnaryCall<Asked, Answer> {
  return (call, callback) => {
    const cancelled = new AbortController();
    call.on('cancelled', () => cancelled.abort());
    new Promise<Answer>((resolve) => resolve(handle(call.request, cancelled.signal))).then(
      (response) => callback(null, response),
      (error: unknown) => callback(toServiceError(error)),
    );
  };
}

/** The error for the client. Any error that is not a refusal is a bug of this broker. */
export function toServiceError(error: unknown): { code: status; details: string } {
  if (error instanceof StatusError) return { code: error.code, details: error.message };
  return { code: status.INTERNAL, details: `The embedded broker failed: ${String(error)}` };
}

/** One page of a list, as `page_size` (0: all) and `page_token` ask for it. */
export function pageOf<Item>(
  items: readonly Item[],
  { pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string },
): { items: Item[]; nextPageToken: string } {
  const start = Number(pageToken || 0);
  const end = start + (pageSize || items.length);
  return { items: items.slice(start, end), nextPageToken: end < items.length ? String(end) : '' };
}

/**
 * An update request's resource: its name, and the way to take from it the fields that the mask names.
 *
 * @throws {StatusError} INVALID_ARGUMENT if the resource or the mask is missing
 */
export function readUpdate<Resource extends { name?: string | null }>(
  changes: Resource | null,
  mask: { readonly paths?: string[] | null } | null,
): {
  readonly name: string;
  /** In the camelCase of the decoded resource; a mask's own names are snake_case. */
  readonly fields: readonly string[];
  readonly applyTo: (current: Resource) => Resource;
} {
  const paths = mask?.paths ?? [];
  if (!changes?.name || paths.length === 0) {
    throw invalidArgument('An update must name a resource, and in its update_mask a field.');
  }
  const fields = paths.map((path) =>
    path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
  const taken = Object.fromEntries(
    Object.entries(changes).filter(([field]) => fields.includes(field)),
  );
  return { name: changes.name, fields, applyTo: (current) => ({ ...current, ...taken }) };
}
