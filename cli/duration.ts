import { parseDuration as readDuration } from '../shared/text/duration';
import { UsageError } from './terminal';

/** `90s`, `15m`, `2h` or `7d` in milliseconds. @throws {UsageError} */
export function parseDuration(text: string): number {
  const duration = readDuration(text);
  if (duration !== undefined) return duration;
  throw new UsageError(`"${text}" is not a duration. Write 90s, 15m, 2h or 7d.`);
}
