import type { Reply } from './registry/reply';

/** An error in the form of Google's APIs (https://google.aip.dev/193). */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function notFound(what: string): ApiError {
  return new ApiError(404, 'NOT_FOUND', `Requested entity was not found: ${what}`);
}

export function invalid(message: string): ApiError {
  return new ApiError(400, 'INVALID_ARGUMENT', message);
}

/** Any error other than {@link ApiError} is a bug here: 500, with its message. */
export function errorReply(error: unknown): Reply {
  const { status, code, message } =
    error instanceof ApiError ? error : new ApiError(500, 'INTERNAL', String(error));
  return jsonReply({ error: { code: status, message, status: code } }, status);
}

export function jsonReply(body: object, status = 200): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: Buffer.from(JSON.stringify(body)),
  };
}
