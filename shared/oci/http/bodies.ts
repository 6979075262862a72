import * as z from 'zod';
import { NetworkError, RegistryError, type RegistryErrorEntry } from './errors';
import { parseRetryAfter } from './retries';
import { headerOf, type HttpResponse } from './transport';
import { redactUrl } from './urls';

const MAX_ERROR_BYTES = 64 * 1024;
const MAX_DETAIL_LENGTH = 600;

/**
 * Reads a body of at most `limit` bytes. `undefined`: it is longer; the connection is then given up.
 *
 * @throws {NetworkError} when it breaks off.
 */
export async function readBody(
  { body, headers, method, url }: HttpResponse,
  limit: number,
): Promise<Buffer | undefined> {
  if (Number(headers['content-length'] ?? 0) > limit) {
    body.destroy();
    return undefined;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > limit) return undefined;
      chunks.push(bytes);
    }
  } catch (error) {
    throw new NetworkError(method, redactUrl(url), error);
  }
  return joinChunks(chunks, size);
}

/** Not by Buffer.concat: its result keeps 64 KiB of Node's pool in memory for as long as a manifest of 500 bytes is remembered. */
function joinChunks(chunks: readonly Buffer[], size: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(whole, at);
  return whole;
}

/** Reads what is left so that the connection can be used again; gives up on a long body. */
export async function dropBody({ body }: HttpResponse): Promise<void> {
  await body.dump({ limit: MAX_ERROR_BYTES }).catch(() => undefined);
}

const Text = z.string().catch('');
const Entry = z.looseObject({ code: Text, message: Text, detail: z.unknown().optional() });
const Reasons = z.array(z.looseObject({ reason: Text })).catch([]);
const ErrorBody = z.looseObject({
  errors: z.array(Entry).optional().catch(undefined),
  /** Docker Hub. */
  details: z.string().optional().catch(undefined),
  /** Token endpoints (a string, RFC 6749) and Google's APIs (an object, whose code is a status or, of Cloud Storage, a reason). */
  error: z
    .union([z.string(), z.looseObject({ status: Text, message: Text, errors: Reasons })])
    .optional()
    .catch(undefined),
  error_description: Text,
  message: Text,
});

/** Makes an error of an answer that is not accepted, whatever its form. `secrets` are taken out of what it says. */
export async function registryErrorOf(
  response: HttpResponse,
  now: number,
  secrets: readonly string[] = [],
): Promise<RegistryError> {
  const bytes = await readBody(response, MAX_ERROR_BYTES).catch(() => undefined);
  const clean = (text: string): string =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
  const text = clean(bytes?.toString('utf8') ?? '');
  const { entries, detail } = parseErrorBody(text);
  const retryAfterSeconds = parseRetryAfter(headerOf(response, 'retry-after'), now);
  const denialId = /vpcServiceControlsUniqueIdentifier["']?\s*[:=]\s*["']?([\w-]+)/.exec(text)?.[1];
  return new RegistryError({
    method: response.method,
    url: clean(redactUrl(response.url)),
    status: response.status,
    entries,
    detail,
    retryAfterSeconds,
    vpcServiceControlsUniqueIdentifier: denialId,
  });
}

function parseErrorBody(text: string): { entries: RegistryErrorEntry[]; detail: string } {
  const body = ErrorBody.safeParse(parseJson(text));
  if (!body.success) return { entries: [], detail: proseOf(text) };
  const { errors = [], details, error, error_description: description, message } = body.data;
  const entries = errors.map((entry) => ({
    code: entry.code,
    message: entry.message,
    detail: detailText(entry.detail),
  }));
  if (typeof error === 'object') {
    const code = error.status || (error.errors[0]?.reason ?? '');
    entries.push({ code, message: error.message, detail: '' });
  }
  const said = [
    ...entries.map((entry) => [entry.code, entry.message].filter(Boolean).join(': ')),
    details,
    typeof error === 'string' ? error : undefined,
    description,
    message,
  ];
  return { entries, detail: proseOf([...new Set(said.filter(Boolean))].join('; ')) };
}

function detailText(detail: unknown): string {
  if (detail === undefined || detail === null) return '';
  return typeof detail === 'string' ? detail : jsonOf(detail);
}

/** Foreign JSON as text again; empty where it nests deeper than it can be written. */
export function jsonOf(json: unknown): string {
  try {
    return JSON.stringify(json);
  } catch {
    return '';
  }
}

/** `undefined`: it is not JSON. */
export function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** What an answer must be. */
export interface Promised<T> {
  readonly schema: z.ZodType<T>;
  /** Bytes. */
  readonly limit: number;
  /** What the error says of an answer of another form. */
  readonly otherwise: string;
}

/** Reads an answer whose form is promised. @throws {RegistryError} for one that is too long or of another form. */
export async function readJson<T>(
  response: HttpResponse,
  { schema, limit, otherwise }: Promised<T>,
): Promise<T> {
  const bytes = await readBody(response, limit);
  if (bytes === undefined) throw unusableAnswer(response, `it is larger than ${limit} bytes`);
  const parsed = schema.safeParse(parseJson(bytes.toString('utf8')));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const problem = `"${issue?.path.join('.') ?? ''}": ${issue?.message ?? ''}`;
  throw unusableAnswer(response, `${otherwise}: ${problem}`);
}

/** One short line without markup. A tag that is never closed is scanned only once: a body may consist of such tags. */
function proseOf(text: string): string {
  const line = text
    .replace(/<(style|script)\b[\s\S]*?(?:<\/\1>|$)|<[^<>]*>/gi, ' ')
    .replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim();
  return line.length > MAX_DETAIL_LENGTH ? `${line.slice(0, MAX_DETAIL_LENGTH)}…` : line;
}

/** An answer whose status is fine and whose content is not. */
export function unusableAnswer(
  { method, url, status }: HttpResponse,
  detail: string,
): RegistryError {
  return new RegistryError({ method, url: redactUrl(url), status, entries: [], detail });
}
