/** An answer of Google's error model (google.rpc.Status as REST gives it). */
export class ApiError extends Error {
  readonly code: number;
  readonly status: string;
  /** The older word for what went wrong, which clients look at, too. */
  readonly reason: string;

  constructor(code: number, status: string, message: string, reason = status.toLowerCase()) {
    super(message);
    this.code = code;
    this.status = status;
    this.reason = reason;
  }
}

export const invalid = (message: string): ApiError =>
  new ApiError(400, 'INVALID_ARGUMENT', message);
export const notFound = (name: string): ApiError =>
  new ApiError(404, 'NOT_FOUND', `Resource '${name}' was not found.`);
export const alreadyExists = (name: string): ApiError =>
  new ApiError(409, 'ALREADY_EXISTS', `Resource '${name}' already exists.`);
export const denied = (message: string): ApiError =>
  new ApiError(403, 'PERMISSION_DENIED', message);
export const disabled = (service: string, project: string): ApiError =>
  new ApiError(
    403,
    'PERMISSION_DENIED',
    `${service} has not been used in project ${project} before or it is disabled.`,
    'accessNotConfigured',
  );
