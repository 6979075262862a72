const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
];

/** A duration, as precise as people want it: `3 d`, `2 h`, `5 min`, `12 s`, `0.4 s`. */
export function formatSpan(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  // The largest unit that has two of them, so that what is cut off is less than half.
  const [name, size] = UNITS.find(([, unit]) => seconds >= 2 * unit) ?? ['s', 1];
  return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.floor(seconds / size)} ${name}`;
}
