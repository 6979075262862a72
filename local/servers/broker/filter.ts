import { invalidArgument } from './grpc';
import type { Message } from './message';

type Attributes = Message['attributes'];
/** True for a message that a subscription delivers. */
export type MessageFilter = (attributes: Attributes) => boolean;

const MAX_BYTES = 256;
/** Operators, words, and texts in double quotes with JSON's escapes. */
const TOKEN = /\s*(?:(?<text>"(?:[^"\\]|\\.)*")|(?<sign>!=|[=:,()-])|(?<word>[^\s"=!:,()]+))/y;

interface Token {
  /** A sign or a word; empty for a text, which is never one. */
  readonly value: string;
  readonly text?: string;
}

/**
 * Reads a filter by attributes (https://cloud.google.com/pubsub/docs/subscription-message-filter): `attributes:key`, `=`,
 * `!=`, `hasPrefix`, `NOT` or `-`, and `AND` or `OR`, which are mixed with parentheses alone.
 *
 * @throws {StatusError} INVALID_ARGUMENT
 */
export function parseFilter(text: string): MessageFilter {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw invalidArgument(`filter must have at most ${MAX_BYTES} bytes.`);
  }
  const tokens = tokensOf(text);
  const filter = readTerms(tokens);
  if (tokens.length > 0) throw unexpected(tokens[0]);
  return filter;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const { text: quoted, sign, word = sign } = TOKEN.exec(text)?.groups ?? {};
    if (quoted !== undefined) tokens.push({ value: '', text: unquote(quoted) });
    else if (word !== undefined) tokens.push({ value: word });
    else throw invalidArgument(`filter has no meaning from "${text.slice(at)}" on.`);
  }
  return tokens;
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    throw invalidArgument(`filter has a text that cannot be read: ${quoted}`);
  }
}

function readTerms(tokens: Token[]): MessageFilter {
  const first = readTerm(tokens);
  const operator = tokens[0]?.value;
  if (operator !== 'AND' && operator !== 'OR') return first;
  const terms = [first];
  while (tokens[0]?.value === operator) {
    tokens.shift();
    terms.push(readTerm(tokens));
  }
  return operator === 'AND'
    ? (attributes) => terms.every((term) => term(attributes))
    : (attributes) => terms.some((term) => term(attributes));
}

function readTerm(tokens: Token[]): MessageFilter {
  const { value } = take(tokens);
  if (value === 'NOT' || value === '-') {
    const term = readTerm(tokens);
    return (attributes) => !term(attributes);
  }
  if (value === '(') {
    const inner = readTerms(tokens);
    expectSign(tokens, ')');
    return inner;
  }
  if (value === 'hasPrefix') return readPrefix(tokens);
  return readComparison(value, tokens);
}

function readPrefix(tokens: Token[]): MessageFilter {
  expectSign(tokens, '(');
  const key = readKey(take(tokens).value, tokens);
  expectSign(tokens, ',');
  const prefix = readText(tokens);
  expectSign(tokens, ')');
  return (attributes) => valueOf(attributes, key)?.startsWith(prefix) === true;
}

function readComparison(word: string, tokens: Token[]): MessageFilter {
  if (word === 'attributes' && tokens[0]?.value === ':') {
    tokens.shift();
    const { value, text = value } = take(tokens);
    return (attributes) => valueOf(attributes, text) !== undefined;
  }
  const key = readKey(word, tokens);
  const operator = take(tokens);
  if (operator.value !== '=' && operator.value !== '!=') throw unexpected(operator);
  const wanted = readText(tokens);
  // What lacks the attribute is unequal, too.
  return (attributes) => (valueOf(attributes, key) === wanted) === (operator.value === '=');
}

/** `attributes.key`, whose key may be quoted. */
function readKey(word: string, tokens: Token[]): string {
  if (word === 'attributes.') return readText(tokens);
  const key = /^attributes\.(.+)$/.exec(word)?.[1];
  if (key === undefined) throw unexpected({ value: word });
  return key;
}

function readText(tokens: Token[]): string {
  const token = take(tokens);
  if (token.text === undefined) throw unexpected(token);
  return token.text;
}

function expectSign(tokens: Token[], sign: string): void {
  const token = take(tokens);
  if (token.value !== sign) throw unexpected(token);
}

function take(tokens: Token[]): Token {
  const token = tokens.shift();
  if (token === undefined) throw invalidArgument('filter ends too early.');
  return token;
}

function unexpected(token: Token | undefined): Error {
  const found = token?.text ?? token?.value ?? '';
  return invalidArgument(`filter has "${found}" where something else should be.`);
}

function valueOf(attributes: Attributes, key: string): string | undefined {
  return Object.hasOwn(attributes, key) ? attributes[key] : undefined;
}
