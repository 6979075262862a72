/** Lists of more names are shortened to this many. */
export const MAX_NAMES = 3;

/** Formats names as `acme, globex, initech and 198 more`. */
export function formatNames(names: readonly string[], most = MAX_NAMES): string {
  // "and 1 more" would take as much room as the name.
  if (names.length <= most + 1) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}
