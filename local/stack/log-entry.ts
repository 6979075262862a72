import * as z from 'zod';

const Entry = z.looseObject({
  severity: z.string(),
  message: z.string(),
  outcome: z.string().optional(),
  source: z.string().optional(),
  target: z.string().optional(),
  rule: z.string().optional(),
  destination: z.string().optional(),
  digest: z.string().optional(),
  bytes: z.number().optional(),
  attachments: z.number().optional(),
  copySeconds: z.number().optional(),
  reason: z.string().optional(),
  /** Text, or for a bug the error as an object. */
  error: z.unknown().optional(),
  remedy: z.string().optional(),
});

/** A line that a function logged for Cloud Logging; fields beyond these are kept. */
export type LogEntry = z.output<typeof Entry> & {
  /** Which function: `planCopies`. */
  readonly function: string;
};

/** Returns undefined if the line is not a log entry, such as the framework's greeting. */
export function parseLogLine(functionName: string, line: string): LogEntry | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const parsed = Entry.safeParse(JSON.parse(line));
    return parsed.success ? { ...parsed.data, function: functionName } : undefined;
  } catch {
    return undefined;
  }
}
