import { isLiteral, literalPrefix, type Steps } from '../../text/steps';

/** The images that patterns name one by one, sorted; undefined when one of the patterns has a wildcard. */
export function literalImages(patterns: readonly Steps[]): readonly string[] | undefined {
  const names = new Set<string>();
  for (const steps of patterns) {
    if (!isLiteral(steps)) return undefined;
    names.add(literalPrefix(steps));
  }
  return [...names].sort();
}
