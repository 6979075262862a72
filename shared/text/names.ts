const collator = new Intl.Collator('en', { numeric: true });

/** Sorts names the same way on every machine, numbers in them by value: `customer-9` before `customer-10`. */
export function byName(a: string, b: string): number {
  return collator.compare(a, b);
}

/** Lists of more names are shortened to this many. */
export const MAX_NAMES = 3;

/** Formats names as `acme, globex, initech and 198 more`. */
export function formatNames(names: readonly string[], most = MAX_NAMES): string {
  // "and 1 more" would take as much room as the name.
  if (names.length <= most + 1) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

/** `1 target`, `10,000 targets`, `2 copies` */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`;
}
