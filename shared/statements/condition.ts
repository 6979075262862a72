import { valueAt } from './json-pointer';
import type { Condition } from './requirement';

/** Whether a predicate has, at the condition's place, a text that one of its globs matches; of a list one element will do. */
export function holds({ pointer, globs }: Condition, predicate: unknown): boolean {
  const value = valueAt(predicate, pointer);
  const texts = (Array.isArray(value) ? value : [value]).map(textOf);
  return texts.some((text) => text !== undefined && globs.some((glob) => glob.matches(text)));
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
