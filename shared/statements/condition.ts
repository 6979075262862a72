import { valueAt, type JsonPointer } from './json-pointer';
import type { Names } from './pattern';
import type { Condition } from './requirement';

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
