import type * as z from 'zod';
import type { Report } from './report';
import { didYouMean } from '../../text/nearest';
import type { RulesSchema } from './schema';

type Issue = z.core.$ZodIssue;

const WHAT: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  string: 'text',
};

/** Puts what the schema found into plain words, at the place where it is. */
export function describeIssue(
  { keysAt }: RulesSchema,
  issue: Issue,
  value: unknown,
  report: Report,
): void {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const known = keysAt(path);
      const hint = didYouMean(key, known, '`') || `; known here: ${known.join(', ')}`;
      report([...path, key], `unknown key \`${key}\`${hint}`, 'key');
    }
  } else if (issue.code === 'invalid_type') {
    report(path, describeType(path, issue.expected, valueAt(value, path)));
  } else if (issue.code === 'invalid_key') {
    const key = JSON.stringify(path.at(-1));
    report(path, `${key}: ${issue.issues[0]?.message ?? issue.message}`, 'key');
  } else if (issue.code === 'too_small') {
    report(path, `${fieldAt(path)} is empty: name at least one, or leave it out`);
  } else {
    report(path, `${fieldAt(path)}: ${issue.message}`);
  }
}

function describeType(path: readonly PropertyKey[], expected: string, given: unknown): string {
  const wanted = WHAT[expected] ?? expected;
  if (path.length === 0) return `the file holds ${typeOf(given)}, not targets, groups and rules`;
  if (given === undefined) return `${fieldAt(path)} is missing`;
  const quotes = expected === 'string' && isPlain(given) ? '; put it in quotes' : '';
  return `${fieldAt(path)} must be ${wanted}, not ${typeOf(given)}${quotes}`;
}

function isPlain(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

function typeOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string'
    ? JSON.stringify(value.slice(0, 80))
    : `the ${typeof value} ${JSON.stringify(value)}`;
}

/** `source`, `tags.include[1]`, `acme.repository`: from the rule or target on. */
function fieldAt(path: readonly PropertyKey[]): string {
  const above = path[0] === 'rules' ? 2 : 1;
  const [first, ...others] = path.length > above ? path.slice(above) : path;
  const steps = others.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return `\`${String(first)}${steps.join('')}\``;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[key],
    value,
  );
}
