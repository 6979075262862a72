const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Returns `90s`, `15m`, `2h` or `7d` in milliseconds; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  const [, count, letter = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const unit = UNITS[letter];
  return unit === undefined ? undefined : Number(count) * unit * 1000;
}
