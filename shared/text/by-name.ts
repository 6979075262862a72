const collator = new Intl.Collator('en', { numeric: true });

/** Sorts names the same way on every machine, numbers in them by value: `customer-9` before `customer-10`. */
export function byName(a: string, b: string): number {
  return collator.compare(a, b);
}
