/** One entry of an error body (distribution-spec, "Error Codes"). */
export interface RegistryErrorEntry {
  readonly code: string;
  readonly message: string;
  /** As text: what a registry says here has no agreed form. */
  readonly detail: string;
}

export interface RegistryErrorFields {
  readonly method: string;
  /** Already redacted. */
  readonly url: string;
  readonly status: number;
  readonly entries: readonly RegistryErrorEntry[];
  /** What the body says, for people; may be empty. */
  readonly detail: string;
  readonly retryAfterSeconds?: number;
  /** Google's id of a VPC Service Controls denial, for its troubleshooter. */
  readonly vpcServiceControlsUniqueIdentifier?: string;
  readonly attempts?: number;
  readonly credentialsRenewed?: boolean;
  readonly isStray?: boolean;
}

/** An answer that the call does not accept. An answer of a token endpoint that refuses counts as 401. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly codes: readonly string[];
  readonly entries: readonly RegistryErrorEntry[];
  readonly detail: string;
  readonly retryAfterSeconds: number | undefined;
  readonly vpcServiceControlsUniqueIdentifier: string | undefined;
  /** How often the request was sent, so that a caller's retries can continue the count. */
  readonly attempts: number;
  /** True for a refused request that could not be sent again although there are newer credentials: begin again. */
  readonly credentialsRenewed: boolean;
  /** True for an answer that contradicts what the registry has said before: in a moment it may be right again. */
  readonly isStray: boolean;
  readonly #fields: RegistryErrorFields;

  constructor(fields: RegistryErrorFields) {
    const codes = fields.entries.map((entry) => entry.code).filter((code) => code !== '');
    const said = fields.detail === '' ? [...new Set(codes)].join(', ') : fields.detail;
    super(
      `${fields.method} ${fields.url} was answered ${fields.status}${said === '' ? '' : `: ${said}`}`,
    );
    this.method = fields.method;
    this.url = fields.url;
    this.status = fields.status;
    this.codes = codes;
    this.entries = fields.entries;
    this.detail = fields.detail;
    this.retryAfterSeconds = fields.retryAfterSeconds;
    this.vpcServiceControlsUniqueIdentifier = fields.vpcServiceControlsUniqueIdentifier;
    this.attempts = fields.attempts ?? 1;
    this.credentialsRenewed = fields.credentialsRenewed ?? false;
    this.isStray = fields.isStray ?? false;
    this.#fields = fields;
  }

  /** The same answer, with more known about it. */
  with(
    known: Partial<
      Pick<RegistryErrorFields, 'attempts' | 'credentialsRenewed' | 'detail' | 'isStray'>
    >,
  ): RegistryError {
    return new RegistryError({ ...this.#fields, ...known });
  }
}

/** No complete answer: the connection could not be made, broke, or stayed silent too long. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly method: string;
  readonly url: string;
  /** The system's or undici's code: `ECONNRESET`, `UND_ERR_HEADERS_TIMEOUT`. */
  readonly code: string;
  /** How often the request was sent, so that a caller's retries can continue the count. */
  readonly attempts: number;

  constructor(method: string, url: string, cause: unknown, attempts = 1) {
    const { code, message } = describe(cause);
    super(`${method} ${url} failed: ${message}${message.includes(code) ? '' : ` (${code})`}`, {
      cause,
    });
    this.method = method;
    this.url = url;
    this.code = code;
    this.attempts = attempts;
  }

  /** The same failure, with more known about it. */
  with({ attempts }: { readonly attempts: number }): NetworkError {
    return new NetworkError(this.method, this.url, this.cause, attempts);
  }
}

/** What was read is not what was asked for. */
export class DigestMismatchError extends Error {
  override readonly name = 'DigestMismatchError';
  readonly expected: string;
  readonly actual: string;

  /** `what` names the content and where it came from. `expected` and `actual` are digests or sizes. */
  constructor(what: string, expected: string, actual: string) {
    super(`${what} is not what it should be: expected ${expected}, got ${actual}`);
    this.expected = expected;
    this.actual = actual;
  }
}

/** A registry keeps a manifest, but not by the digest by which others name it: it does not know that algorithm. */
export class DigestNotKeptError extends Error {
  override readonly name = 'DigestNotKeptError';

  /** `what` says what was asked of whom. */
  constructor(what: string, expected: string, kept: string) {
    super(`${what} is kept as ${kept}, and not as ${expected}, by which it is asked for`);
  }
}

/** Reports bytes that are not a manifest, or not one that can be copied. */
export class InvalidManifestError extends Error {
  override readonly name = 'InvalidManifestError';
}

/** A registry redirected to an address that is not allowed, such as a private one or a metadata server. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
}

/** True for the errors of this folder: they already say what was asked of whom. */
export function isRegistryFailure(error: unknown): boolean {
  return [
    RegistryError,
    NetworkError,
    DigestMismatchError,
    DigestNotKeptError,
    InvalidManifestError,
    AddressRefusedError,
  ].some((kind) => error instanceof kind);
}

/** The telling code may be further inside: in a cause, or in the attempts to connect to several addresses. */
function describe(cause: unknown): { code: string; message: string } {
  let code: string | undefined;
  let message = '';
  for (let error = cause; error instanceof Error && code === undefined; error = error.cause) {
    const inner: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
    code = codeOf(error) ?? codeOf(inner);
    if (message === '') message = error.message;
    if (message === '' && inner instanceof Error) message = inner.message;
  }
  return { code: code ?? 'UNKNOWN', message: message === '' ? String(cause) : message };
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The Docker config file, or a helper that it names, cannot be used; the message says which and why. */
export class DockerConfigError extends Error {
  override readonly name = 'DockerConfigError';
}
