import type { OutgoingHttpHeaders } from 'node:http';
import type { Reply } from './reply';

/** The distribution-spec's error codes (and those of Docker's registry that clients know) with the status they are sent with. */
const STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  SIZE_INVALID: 413,
  TAG_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNAVAILABLE: 503,
  UNKNOWN: 500,
  UNSUPPORTED: 405,
} as const;

export type ErrorCode = keyof typeof STATUS;

/** One entry of the spec's `errors` list. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail?: unknown;
}

/** A refusal in the form of the specification: `{"errors":[{code, message, detail}]}`. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly problems: readonly [Problem, ...Problem[]];
  readonly headers: OutgoingHttpHeaders;

  constructor(problems: readonly [Problem, ...Problem[]], headers: OutgoingHttpHeaders = {}) {
    super(problems[0].message);
    this.problems = problems;
    this.headers = headers;
  }
}

/** A {@link ProtocolError} with one entry. */
export function refuse(
  code: ErrorCode,
  message: string,
  more: { readonly detail?: unknown; readonly headers?: OutgoingHttpHeaders } = {},
): ProtocolError {
  const problem = { code, message, ...('detail' in more && { detail: more.detail }) };
  return new ProtocolError([problem], more.headers);
}

/** The response for the client. Any error other than {@link ProtocolError} is a bug here: 500, with its message. */
export function errorReply(error: unknown): Reply {
  const known = error instanceof ProtocolError;
  const problems: readonly [Problem, ...Problem[]] = known
    ? error.problems
    : [{ code: 'UNKNOWN', message: String(error) }];
  return errorListReply(STATUS[problems[0].code], problems, known ? error.headers : {});
}

/** The spec's error body under any status. */
export function errorListReply(
  status: number,
  problems: readonly {
    readonly code: string;
    readonly message: string;
    readonly detail?: unknown;
  }[],
  headers: OutgoingHttpHeaders = {},
): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify({ errors: problems })),
  };
}
