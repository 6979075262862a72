import { type handleUnaryCall, status } from '@grpc/grpc-js';
import { StatusError } from './status-error';

/** Turns a function into a gRPC handler. `cancelled` is aborted when the caller no longer waits. */
export function unary<Request, Response>(
  handle: (request: Request, cancelled: AbortSignal) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const cancelled = new AbortController();
    call.on('cancelled', () => cancelled.abort());
    new Promise<Response>((resolve) => resolve(handle(call.request, cancelled.signal))).then(
      (response) => callback(null, response),
      (error: unknown) => callback(toServiceError(error)),
    );
  };
}

/** What the client is told; anything that is not a refusal is a bug of this broker. */
export function toServiceError(error: unknown): { code: status; details: string } {
  if (error instanceof StatusError) return { code: error.code, details: error.message };
  return { code: status.INTERNAL, details: `The embedded broker failed: ${String(error)}` };
}

/** One page of a list, as `page_size` (0: all) and `page_token` ask for it. */
export function pageOf<Item>(
  items: readonly Item[],
  { pageSize, pageToken }: { pageSize?: number | null; pageToken?: string | null },
): { items: Item[]; nextPageToken: string } {
  const start = Number(pageToken || 0);
  const end = start + (pageSize || items.length);
  return { items: items.slice(start, end), nextPageToken: end < items.length ? String(end) : '' };
}

/** `resource` with the fields that a field mask names taken from `changes`; names in a mask are snake_case. */
export function applyMask<Resource extends object>(
  resource: Resource,
  changes: Resource,
  paths: readonly string[],
): Resource {
  const fields = paths.map((path) =>
    path.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
  const taken = Object.entries(changes).filter(([field]) => fields.includes(field));
  return { ...resource, ...Object.fromEntries(taken) };
}
