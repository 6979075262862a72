/** A place in a JSON document (RFC 6901). */
export interface JsonPointer {
  readonly text: string;
  /** The keys on the way down. */
  readonly tokens: readonly string[];
}

/** @throws {TypeError} with what is wrong, to follow the pointer in a sentence. */
export function parseJsonPointer(text: string): JsonPointer {
  if (text === '') return { text, tokens: [] };
  if (!text.startsWith('/')) throw new TypeError('is no JSON Pointer: it begins with "/"');
  if (/~(?![01])/.test(text)) {
    throw new TypeError('is no JSON Pointer: write "~" as "~0", and a "/" within a key as "~1"');
  }
  const tokens = text.slice(1).split('/');
  return {
    text,
    tokens: tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~')),
  };
}

/** The value there; undefined where there is none. */
export function valueAt(document: unknown, { tokens }: JsonPointer): unknown {
  let value = document;
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) {
      return undefined;
    }
    if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(token)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[token];
  }
  return value;
}
