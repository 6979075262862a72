/** One table of results, with what a reader must know to trust it. */
export interface Section {
  readonly title: string;
  /** How it was measured, and the goal. */
  readonly about: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Middle, least and greatest of several runs. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws {RangeError} for no values. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, median, max] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  if (min === undefined || median === undefined || max === undefined) {
    throw new RangeError('no runs to summarise');
  }
  return { median, min, max };
}

/** `214 ms (208-231)` */
export function milliseconds(times: Spread): string {
  return written(times, times.median < 10 ? 2 : 0, ' ms');
}

/** `3.15 (3.02-3.40)` */
export function written({ median, min, max }: Spread, digits: number, unit = ''): string {
  const [middle, least, greatest] = [median, min, max].map((value) => value.toFixed(digits));
  return `${middle}${unit} (${least}-${greatest})`;
}

/** The results as one Markdown page. */
export function renderReport(machine: string, sections: readonly Section[]): string {
  const head = `# Benchmarks\n\nWritten by \`npm run bench\`, on ${machine}. Medians, with the least and the greatest in parentheses; each section says of how many runs.\n`;
  return [head, ...sections.map(renderSection)].join('\n');
}

export function renderSection({ title, about, columns, rows }: Section): string {
  const table = [columns, columns.map(() => '---'), ...rows].map(line).join('\n');
  return `## ${title}\n\n${about}\n\n${table}\n`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
