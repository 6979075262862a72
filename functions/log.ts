import { pino, type Logger } from 'pino';
import type { Clock } from '../shared/system/clock';

export interface LogConfig {
  readonly LOG_LEVEL: 'debug' | 'info' | 'warn' | 'error';
  /** A full topic name: it says in which project the function runs. */
  readonly DEAD_LETTER_TOPIC: string;
}

const SEVERITY: Readonly<Record<string, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};

/**
 * Opens a log as Cloud Logging reads it from standard output: one JSON object a line with `severity`, `time` and
 * `message` (https://cloud.google.com/logging/docs/structured-logging). The returned function gives the logger for one
 * event, whose lines carry the event's trace.
 */
export function openLog(config: LogConfig, clock: Pick<Clock, 'now'>): (event: unknown) => Logger {
  const log = pino(
    {
      level: config.LOG_LEVEL,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ severity: SEVERITY[label] ?? 'DEFAULT' }) },
      serializers: { error: pino.stdSerializers.err, cause: pino.stdSerializers.err },
    },
    // Not pino's own file descriptor: with LOG_EXECUTION_ID the framework adds its ids to what passes through here.
    process.stdout,
  );
  const project = config.DEAD_LETTER_TOPIC.split('/')[1] ?? '';
  return (event) => log.child(traceFields(event, project));
}

/**
 * The fields that tie a log line to its request's trace, from the event's W3C `traceparent`
 * (https://www.w3.org/TR/trace-context/#traceparent-header).
 */
function traceFields(event: unknown, project: string): Record<string, unknown> {
  const traceparent =
    typeof event === 'object' && event !== null && 'traceparent' in event ? event.traceparent : '';
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(
    typeof traceparent === 'string' ? traceparent : '',
  );
  if (!match) return {};
  return {
    'logging.googleapis.com/trace': `projects/${project}/traces/${match[1] ?? ''}`,
    'logging.googleapis.com/spanId': match[2],
    'logging.googleapis.com/trace_sampled': (parseInt(match[3] ?? '0', 16) & 1) === 1,
  };
}
