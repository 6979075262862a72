import type { protos } from '@google-cloud/pubsub';
import { type handleUnaryCall, type ServiceDefinition, status } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';

/** A refusal in gRPC's form: the client sees `code` and the message as `details`. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: status;
  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

export function invalidArgument(message: string): StatusError {
  return new StatusError(status.INVALID_ARGUMENT, message);
}

export function notFound(name: string): StatusError {
  return new StatusError(status.NOT_FOUND, `Resource not found (resource=${name}).`);
}

export function alreadyExists(name: string): StatusError {
  return new StatusError(
    status.ALREADY_EXISTS,
    `Resource already exists in the project (resource=${name}).`,
  );
}

/** For what Pub/Sub does and this broker does not: refused aloud, never silently ignored. */
export function unimplemented(feature: string): StatusError {
  return new StatusError(status.UNIMPLEMENTED, `The embedded broker has no ${feature}.`);
}

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

type V1 = typeof protos.google.pubsub.v1;
type Plain<Name extends keyof V1> = V1[Name] extends new (properties?: infer P) => unknown
  ? NonNullable<P>
  : never;

/** Resources and messages of `google.pubsub.v1` as a caller may give them: fields may be null or missing. */
export type TopicResource = Plain<'Topic'>;
export type SubscriptionResource = Plain<'Subscription'>;
export type PubsubMessage = Plain<'PubsubMessage'>;
export type ReceivedMessage = Plain<'ReceivedMessage'>;

/** A request as it was decoded: nothing is missing, and only a message within it can be null. */
export type Request<Name extends keyof V1> = {
  readonly [Field in keyof Plain<Name>]-?: Decoded<Plain<Name>[Field]>;
};
type Decoded<Value> =
  NonNullable<Value> extends readonly unknown[]
    ? NonNullable<Value>
    : NonNullable<Value> extends object
      ? NonNullable<Value> | null
      : NonNullable<Value>;

/**
 * Pub/Sub's two services, read from the definitions inside Google's own client, which is not bundled: the
 * server speaks exactly the version that the client does.
 */
export function loadPubsubServices(): {
  publisher: ServiceDefinition;
  subscriber: ServiceDefinition;
} {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- 200 KB that only a starting broker reads
  const definitions = require('@google-cloud/pubsub/build/protos/protos.json') as Parameters<
    typeof fromJSON
  >[0];
  const api = fromJSON(definitions, { longs: String, enums: String, defaults: true, oneofs: true });
  return {
    publisher: api['google.pubsub.v1.Publisher'] as ServiceDefinition,
    subscriber: api['google.pubsub.v1.Subscriber'] as ServiceDefinition,
  };
}

/** `google.protobuf.Duration` and `Timestamp` have the same fields. */
export interface ProtobufTime {
  readonly seconds?: number | string | { toString(): string } | null;
  readonly nanos?: number | null;
}

export function toMilliseconds(time: ProtobufTime): number {
  return Number(time.seconds ?? 0) * 1000 + (time.nanos ?? 0) / 1e6;
}

export function fromMilliseconds(milliseconds: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: Math.round((milliseconds - seconds * 1000) * 1e6) };
}

/**
 * How many times faster than in the cloud Pub/Sub's waits pass; 1 is real time. Waiting and working are apart,
 * because a test can shorten the first, and a handler does not get faster by being hurried.
 */
export interface TimeScale {
  /** Retry back-off, the push pace and injected delays. */
  readonly waits: number;
  /** Ack deadlines. */
  readonly deadlines: number;
}

export const REAL_TIME: TimeScale = { waits: 1, deadlines: 1 };
