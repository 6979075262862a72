import type { Log } from '../../../shared/delivery/outbox';

/** What a function writes to its log. */
export interface LogEntry {
  readonly severity: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function logOf(onEntry: (entry: LogEntry) => void): Log {
  const at = (severity: string) => (fields: object, message: string) =>
    onEntry({ severity, message, fields: { ...fields } });
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

export function describeEntry({ severity, message, fields }: LogEntry): string {
  const { outcome, reason, error, age } = fields;
  const said = [outcome, reason, error, `${String(age)} s old`].filter(Boolean).join(', ');
  return `${severity}: ${message} (${said})`;
}
