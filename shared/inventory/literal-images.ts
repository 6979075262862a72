import { isLiteral, literalPrefix, parseGlob } from '../rules/glob';

/** The images that globs name one by one, sorted; undefined when one of the globs has a wildcard. */
export function literalImages(globs: readonly string[]): readonly string[] | undefined {
  const names = new Set<string>();
  for (const glob of globs) {
    for (const steps of parseGlob(glob, 'image').alternatives) {
      if (!isLiteral(steps)) return undefined;
      names.add(literalPrefix(steps));
    }
  }
  return [...names].sort();
}
