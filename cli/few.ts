/** This many have a line each; of more only this many are named. */
export const FEW = 3;

/** `acme, globex, initech and 198 more`: as many names as one reads. */
export function few(names: readonly string[], most = FEW): string {
  // "and 1 more" would take as much room as the name.
  if (names.length <= most + 1) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}
