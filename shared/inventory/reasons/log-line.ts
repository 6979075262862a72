import * as z from 'zod';
import { oneLine } from '../../text/one-line';

/** What one delivery came to, as a function logged it. */
export interface LogLine {
  readonly time: Date;
  readonly outcome: string;
  readonly source: string;
  /** Unset in lines of planCopies. */
  readonly target?: string;
  readonly rule?: string;
  readonly reason?: string;
  readonly error?: string;
  readonly remedy?: string;
  /** How long its job had existed. */
  readonly ageSeconds?: number;
}

const LONGEST_TEXT = 2000;
const LONGEST_AGE_SECONDS = 10 * 365 * 86_400;

/** Foreign text: another version or another program may have written it. */
const text = z
  .string()
  .transform((value) => oneLine(value.slice(0, LONGEST_TEXT)))
  .optional()
  .catch(undefined);

const Entry = z.object({
  timestamp: z.iso.datetime({ offset: true }),
  jsonPayload: z.object({
    outcome: z.string().max(100),
    source: z.string().max(LONGEST_TEXT),
    target: text,
    rule: text,
    reason: text,
    error: text,
    remedy: text,
    age: z.number().min(0).max(LONGEST_AGE_SECONDS).optional().catch(undefined),
  }),
});

/** Reads an entry of Cloud Logging. Returns undefined for one that is not about an artifact. */
export function readLogLine(entry: unknown): LogLine | undefined {
  const parsed = Entry.safeParse(entry);
  if (!parsed.success) return undefined;
  const { timestamp, jsonPayload } = parsed.data;
  const { age, ...fields } = jsonPayload;
  return { ...fields, time: new Date(timestamp), ageSeconds: age };
}
