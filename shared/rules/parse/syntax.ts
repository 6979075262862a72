import {
  isMap,
  isNode,
  isScalar,
  visit,
  type Document,
  type Pair,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { didYouMean } from '../../text/nearest';

/** Something wrong at an offset of the text. */
export interface SyntaxProblem {
  readonly at: number;
  readonly message: string;
}

/** Explains what the parser does not understand. After an unbalanced bracket, its later messages are useless and left out. */
export function explainSyntax(errors: readonly YAMLError[], text: string): SyntaxProblem[] {
  const lost = errors.findIndex(({ code }) => code === 'UNEXPECTED_TOKEN');
  const meant = lost < 0 ? errors : errors.slice(0, lost + 1);
  return meant.map(({ code, message, pos: [at] }) => {
    const variable = /^\$\{[^}\n]*\}/.exec(text.slice(Math.max(0, at - 1)))?.[0];
    if (variable === undefined) return { at, message: explainCode(code, message) };
    return {
      at: at - 1,
      message: `\`${variable}\` is no YAML without quotes, and nothing is put in its place: the file is read as it is`,
    };
  });
}

function explainCode(code: string, message: string): string {
  const said = message.charAt(0).toLowerCase() + message.slice(1);
  switch (code) {
    case 'MULTIPLE_DOCS':
      return 'a second document starts here ("---"): one file holds one document';
    case 'BAD_ALIAS':
      return `${said}; ${QUOTES}`;
    default:
      return said;
  }
}

const QUOTES = "a glob that begins with * needs quotes: '*'";

/** What the parser leaves to whoever reads the document. */
export interface NameProblems {
  /** Keys that are there twice. */
  readonly keys: readonly SyntaxProblem[];
  /** Aliases of what is not there: without them there is no document. */
  readonly aliases: readonly SyntaxProblem[];
}

export function findNameProblems(document: Document): NameProblems {
  const keys: SyntaxProblem[] = [];
  const aliases: SyntaxProblem[] = [];
  const anchors = new Set<string>();
  visit(document, {
    Value(_, node) {
      if (node.anchor !== undefined) anchors.add(node.anchor);
      if (isMap(node)) keys.push(...repeatedKeys(node));
    },
    Alias(_, { source, range }) {
      if (anchors.has(source)) return;
      const hint = didYouMean(source, anchors, '`') || `; ${QUOTES}`;
      const message = `\`*${source}\` stands for \`&${source}\`, which is nowhere above it${hint}`;
      aliases.push({ at: range?.[0] ?? 0, message });
    },
  });
  return { keys, aliases };
}

function repeatedKeys({ items }: YAMLMap): SyntaxProblem[] {
  const seen = new Set<string>();
  return items.flatMap((pair) => {
    const name = keyOf(pair);
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const at = isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
    return [{ at, message: `the key \`${name}\` is there twice` }];
  });
}

export function keyOf({ key }: Pair): string {
  if (!isScalar(key)) return String(key);
  // The parser writes a merge key as a symbol.
  return typeof key.value === 'symbol' ? (key.value.description ?? '') : String(key.value);
}
