import type { Answer } from '../registry/faults/fault';
import type { Reply } from '../registry/reply';

/** A refusal as the JSON API words it (https://cloud.google.com/storage/docs/json_api/v1/status-codes). */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export function noSuchBucket(): StorageError {
  return new StorageError(404, 'notFound', 'The specified bucket does not exist.');
}

export function noSuchObject(bucket: string, name: string): StorageError {
  return new StorageError(404, 'notFound', `No such object: ${bucket}/${name}`);
}

export function invalid(message: string): StorageError {
  return new StorageError(400, 'invalid', message);
}

/** What a fault answers in the service's own form. */
export function apiAnswer(status: number, reason: string, message: string): Answer {
  const headers = { 'content-type': 'application/json; charset=UTF-8' };
  const errors = [{ message, domain: 'global', reason }];
  return { status, headers, body: JSON.stringify({ error: { code: status, message, errors } }) };
}

/** Any error other than {@link StorageError} is a bug here: 500, with its message. */
export function errorReply(error: unknown): Reply {
  const { status, reason, message } =
    error instanceof StorageError ? error : new StorageError(500, 'internalError', String(error));
  const { body = '', headers = {} } = apiAnswer(status, reason, message);
  return { status, headers, body: Buffer.from(body) };
}
