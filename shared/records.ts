/** The keys, as the type of the record has them. */
export function keysOf<K extends string>(record: Readonly<Record<K, unknown>>): readonly K[] {
  return Object.keys(record) as K[];
}

/** A record of all keys of its type: `entries` must have each. */
export function recordOf<K extends string, V>(
  entries: readonly (readonly [key: K, value: V])[],
): Record<K, V> {
  return Object.fromEntries(entries) as Record<K, V>;
}
