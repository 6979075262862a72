import * as z from 'zod';
import { oneLine } from '../../text/untrusted';

/** What one delivery came to for one copy, as a function logged it. */
export interface LogLine {
  readonly time: Date;
  readonly outcome: string;
  readonly source: string;
  /** Unset in lines of planCopies. */
  readonly target?: string;
  readonly rule?: string;
  readonly destination?: string;
  /** What the destination held then. */
  readonly digest?: string;
  readonly reason?: string;
  readonly error?: string;
  readonly remedy?: string;
  /** How long its job had existed. */
  readonly ageSeconds?: number;
}

const LONGEST_TEXT = 2000;
const LONGEST_AGE_SECONDS = 10 * 365 * 86_400;
/** A job has a copy for each destination at its target. */
const MOST_COPIES = 1000;

/** Foreign text: another version or another program may have written it. */
const text = z
  .string()
  .transform((value) => oneLine(value.slice(0, LONGEST_TEXT)))
  .optional()
  .catch(undefined);
const outcome = z.string().max(100);
const about = { rule: text, destination: text, digest: text };

const Entry = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  jsonPayload: z.object({
    ...about,
    outcome,
    source: z.string().max(LONGEST_TEXT),
    target: text,
    reason: text,
    error: text,
    remedy: text,
    age: z.number().min(0).max(LONGEST_AGE_SECONDS).optional().catch(undefined),
    copies: z
      .array(z.object({ outcome, ...about }))
      .max(MOST_COPIES)
      .optional()
      .catch(undefined),
  }),
});

/** Reads an entry of Cloud Logging: a line for each copy of its job. Returns none for one that is not about an artifact. */
export function readLogLines(entry: unknown): LogLine[] {
  const parsed = Entry.safeParse(entry);
  if (!parsed.success) return [];
  const { timestamp, jsonPayload } = parsed.data;
  const { age, copies, ...fields } = jsonPayload;
  const line = { ...fields, time: new Date(timestamp), ageSeconds: age };
  return copies === undefined ? [line] : copies.map((copy) => ({ ...line, ...copy }));
}
