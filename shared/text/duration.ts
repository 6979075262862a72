const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Returns `90s`, `15m`, `2h` or `7d` in milliseconds; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  const [, count, letter = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const unit = UNITS[letter];
  return unit === undefined ? undefined : Number(count) * unit * 1000;
}

const SPANS: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
];

/** A duration, as precise as people want it: `3 d`, `2 h`, `5 min`, `12 s`, `0.4 s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  // The largest unit that has two of them, so that what is cut off is less than half.
  const [name, size] = SPANS.find(([, unit]) => seconds >= 2 * unit) ?? ['s', 1];
  return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.floor(seconds / size)} ${name}`;
}
