import { valueAt, type JsonPointer, type Names } from './pattern';
import type { Condition, Requirement } from './requirement';

/** The texts at a place of a predicate: one, or those of a list. */
export function textsAt(predicate: unknown, pointer: JsonPointer): readonly string[] {
  const value = valueAt(predicate, pointer);
  return (Array.isArray(value) ? value : [value]).flatMap(textOf);
}

/** Whether one of these texts matches one of the condition's patterns. */
export function holds(
  { patterns }: Pick<Condition, 'patterns'>,
  texts: readonly string[],
  names: Names,
): boolean {
  return texts.some((text) => patterns.some((pattern) => pattern.matches(text, names)));
}

function textOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'number' || typeof value === 'boolean' ? [String(value)] : [];
}

/**
 * Returns why a signature is not bound to an image as a requirement wants, or undefined if it is. `made for` is the
 * image that the signer named, which only cosign's old form has. Follows "a signature by NAME" in a sentence.
 */
export function identityProblem(
  { identity, where }: Pick<Requirement, 'identity' | 'where'>,
  madeFor: string | undefined,
  names: Names,
): string | undefined {
  if (identity.length === 0) return undefined;
  const name = nameOf(madeFor ?? '');
  if (name === '') {
    return where.some(bindsToImage)
      ? undefined
      : 'that does not name its image (a bundle of cosign 3 never does): only a `where` with ${repository} or ${image} can bind it';
  }
  return identity.some((pattern) => pattern.matches(name, names))
    ? undefined
    : `made for ${name}, which does not match \`identity\``;
}

/** Whether a condition says for which image something was signed. */
export function bindsToImage({ patterns }: Condition): boolean {
  return patterns.every(({ names }) => names.has('repository') || names.has('image'));
}

/** `registry/path` of `registry/path:tag@digest`. */
function nameOf(dockerReference: string): string {
  const [named = ''] = dockerReference.split('@');
  return named.replace(/:[^/:]*$/, '');
}
