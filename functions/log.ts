import { pino, type Logger } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

const SEVERITY: Readonly<Record<string, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};

/**
 * Logs as Cloud Logging reads it from standard output: one JSON object a line with `severity`, `time` and `message`
 * (https://cloud.google.com/logging/docs/structured-logging).
 */
export function createLog(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      errorKey: 'error',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ severity: SEVERITY[label] ?? 'DEFAULT' }) },
    },
    // Not pino's own file descriptor: with LOG_EXECUTION_ID the framework adds its ids to what passes through here.
    process.stdout,
  );
}

/**
 * The fields that tie a log line to its request's trace, from a W3C `traceparent`
 * (https://www.w3.org/TR/trace-context/#traceparent-header).
 */
export function traceFields(traceparent: unknown, project: string): Record<string, unknown> {
  const match =
    typeof traceparent === 'string'
      ? /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent)
      : null;
  if (!match) return {};
  return {
    'logging.googleapis.com/trace': `projects/${project}/traces/${match[1] ?? ''}`,
    'logging.googleapis.com/spanId': match[2],
    'logging.googleapis.com/trace_sampled': (parseInt(match[3] ?? '0', 16) & 1) === 1,
  };
}
