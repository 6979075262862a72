import { UsageError } from './terminal';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `90s`, `15m`, `2h` or `7d` in milliseconds. @throws {UsageError} */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  if (unit === undefined) {
    throw new UsageError(`"${text}" is not a duration. Write 90s, 15m, 2h or 7d.`);
  }
  return Number(match?.[1]) * unit * 1000;
}
