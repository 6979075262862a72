import * as z from 'zod';
import { digestAlgorithm, digestHex, type Digest } from '../../oci/digest';
import { SIGNATURE } from '../requirement';

/** What is claimed, by whomever: an in-toto statement (https://github.com/in-toto/attestation, v0.1 and v1). */
export interface Statement {
  readonly predicateType: string;
  readonly predicate: unknown;
  readonly subjects: readonly Subject[];
}

export interface Subject {
  /** By algorithm, hexadecimal. */
  readonly digest: Readonly<Record<string, unknown>>;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/**
 * Reports that an attachment is not a statement that could count. The message follows its name, or the name of a file,
 * in a sentence.
 */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

export const IN_TOTO = 'application/vnd.in-toto+json';

/** An array of limited length. Zod makes an error for each wrong element, and millions of them would fill the memory. */
export function boundedArray<T extends z.ZodType>(schema: T, most: number, least = 0) {
  return z
    .custom<unknown[]>((value) => Array.isArray(value) && value.length <= most)
    .pipe(z.array(schema).min(least));
}

const MAX_SUBJECTS = 10_000;

const StatementSchema = z.looseObject({
  _type: z.enum(['https://in-toto.io/Statement/v0.1', 'https://in-toto.io/Statement/v1']),
  subject: boundedArray(
    z.looseObject({
      digest: z.record(z.string(), z.unknown()),
      annotations: z
        .record(z.string(), z.unknown())
        .nullish()
        .transform((written) => written ?? undefined),
    }),
    MAX_SUBJECTS,
  ),
  predicateType: z.string().min(1),
  predicate: z.unknown().optional(),
});

/** @throws {UnreadableError} */
export function parseStatement(bytes: Uint8Array): Statement {
  const { data } = StatementSchema.safeParse(parseJson(bytes));
  if (!data) throw new UnreadableError('whose payload is no in-toto statement');
  const { subject: subjects, predicateType, predicate } = data;
  return { subjects, predicateType, predicate };
}

/** The predicate as it holds for this subject; `undefined`: the statement is about others. */
export function predicateFor(
  { predicate, predicateType, subjects }: Statement,
  subject: Digest,
): unknown {
  const own = subjects.find(
    ({ digest }) =>
      Object.hasOwn(digest, digestAlgorithm(subject)) &&
      digest[digestAlgorithm(subject)] === digestHex(subject),
  );
  if (!own) return undefined;
  // `cosign sign -a` writes its annotations next to the subject, and leaves the predicate empty.
  return predicateType === SIGNATURE
    ? { ...own.annotations, ...asObject(predicate) }
    : (predicate ?? {});
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

/** Values in one document: a few characters of JSON can take many times their size in memory. */
const MAX_VALUES = 1_000_000;

/** @throws {UnreadableError} */
export function parseJson(bytes: Uint8Array): unknown {
  if (hasTooMany(bytes)) throw new UnreadableError(`that has more than ${MAX_VALUES} values`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new UnreadableError('that is no JSON', { cause });
  }
}

const BRACKET = '['.charCodeAt(0);
const BRACE = '{'.charCodeAt(0);
const COMMA = ','.charCodeAt(0);

/** Each value but the first comes after one of these; those within texts count, too, which does no harm. */
function hasTooMany(bytes: Uint8Array): boolean {
  let values = 0;
  for (const byte of bytes) {
    if (byte === COMMA || byte === BRACKET || byte === BRACE) values += 1;
  }
  return values > MAX_VALUES;
}
