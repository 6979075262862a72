import { status } from '@grpc/grpc-js';

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
