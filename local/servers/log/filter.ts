import { invalid } from '../replies';

/** Returns whether an entry passes. */
export type Filter = (entry: object) => boolean;

const TOKEN = /\s*(?:(AND|OR)\b|([()])|([\w.]+)\s*(>=|=|:)\s*|("(?:[^"\\]|\\.)*")|(\*))/y;

/**
 * Reads a part of Cloud Logging's query language (https://cloud.google.com/logging/docs/view/logging-query-language):
 * `field="text"`, `field:"part"`, `field:*`, `field>="text"`, a list in brackets for a value, AND, OR and brackets.
 *
 * @throws {ApiError} for anything else.
 */
export function parseFilter(text: string): Filter {
  const tokens = tokensOf(text);
  let at = 0;
  const next = (): Token | undefined => tokens[at++];
  const accept = (kind: Token['kind'], value: string): boolean => {
    const is = tokens[at]?.kind === kind && tokens[at]?.text === value;
    if (is) at += 1;
    return is;
  };

  function alternatives(): Filter {
    const all = [conjunction()];
    while (accept('word', 'OR')) all.push(conjunction());
    return (entry) => all.some((one) => one(entry));
  }
  function conjunction(): Filter {
    const all = [clause()];
    while (accept('word', 'AND')) all.push(clause());
    return (entry) => all.every((one) => one(entry));
  }
  function clause(): Filter {
    if (accept('bracket', '(')) {
      const inner = alternatives();
      if (accept('bracket', ')')) return inner;
      throw invalid(`Unparseable filter: ")" is missing: ${text}`);
    }
    const field = next();
    if (field?.kind !== 'field') throw invalid(`Unparseable filter: no field: ${text}`);
    const values = valuesAfter();
    return (entry) => {
      const found = valueAt(entry, field.text);
      return found !== undefined && values.some((value) => compare(found, field.operator, value));
    };
  }
  function valuesAfter(): string[] {
    const isList = accept('bracket', '(');
    const values: string[] = [];
    do {
      const value = next();
      if (value?.kind !== 'value') throw invalid(`Unparseable filter: no value: ${text}`);
      values.push(value.text);
    } while (isList && accept('word', 'OR'));
    if (isList && !accept('bracket', ')')) throw invalid(`Unparseable filter: ${text}`);
    return values;
  }

  const filter = alternatives();
  if (at < tokens.length) throw invalid(`Unparseable filter: ${text}`);
  return filter;
}

interface Token {
  readonly kind: 'word' | 'bracket' | 'field' | 'value';
  readonly text: string;
  readonly operator: string;
}

/** Stands for any value. */
const ANY = '*';

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const [, word, bracket, field, operator = '', quoted, star] = TOKEN.exec(text) ?? [];
    const value = quoted === undefined ? star : (JSON.parse(quoted) as string);
    if (word !== undefined) tokens.push({ kind: 'word', text: word, operator });
    else if (bracket !== undefined) tokens.push({ kind: 'bracket', text: bracket, operator });
    else if (field !== undefined) tokens.push({ kind: 'field', text: field, operator });
    else if (value !== undefined) tokens.push({ kind: 'value', text: value, operator });
    else throw invalid(`Unparseable filter at ${at}: ${text}`);
  }
  return tokens;
}

function valueAt(entry: object, path: string): string | undefined {
  let found: unknown = entry;
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return typeof found === 'string' || typeof found === 'number' ? String(found) : undefined;
}

function compare(found: string, operator: string, value: string): boolean {
  if (operator === ':') return value === ANY || found.toLowerCase().includes(value.toLowerCase());
  return operator === '=' ? found === value : found >= value;
}
