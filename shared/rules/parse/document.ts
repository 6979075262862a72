import {
  isAlias,
  isMap,
  isNode,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
  isScalar,
  visit,
} from 'yaml';
import { didYouMean } from '../../text/nearest';
import { explainSyntax, QUOTES, type SyntaxProblem } from './syntax';
import type { Located, Path, Place, Problem } from './problems';

/** A YAML document as plain data that still knows where everything stands. */
export interface RulesDocument extends Located {
  readonly value: unknown;
}

/** Far above ten thousand rules; a bound on the memory that a mistaken file name can cost. */
const MAX_LENGTH = 32 * 1024 * 1024;

/** How many nodes aliases may add up to: enough for `<<: *defaults` in every one of many rules, too few for a bomb. */
const MAX_ALIASED_NODES = 100_000;

const START: Place = { line: 1, column: 1 };

/** Reads one YAML 1.2 document, with anchors, aliases and merge keys; or says why it is none. Never throws. */
export function readDocument(text: string): RulesDocument | readonly Problem[] {
  if (text.length > MAX_LENGTH) {
    return [{ ...START, message: `the file is longer than ${MAX_LENGTH / 1024 / 1024} MiB` }];
  }
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      merge: true,
      logLevel: 'error',
      // The parser compares each key with all before it, which ten thousand targets would wait for.
      uniqueKeys: false,
    });
    const wrong = [...document.errors, ...document.warnings];
    const placed = ({ at, message }: SyntaxProblem): Problem => ({ ...place(at), message });
    if (wrong.length > 0) return explainSyntax(document, wrong, text).map(placed);
    const { keys, aliases } = findNameProblems(document);
    if (aliases.length > 0) return [...keys, ...aliases].map(placed);
    const locate = (path: Path, want: 'key' | 'value'): Place =>
      place(find(document, path, want)?.range?.[0] ?? 0);
    return {
      value: document.toJS({ maxAliasCount: MAX_ALIASED_NODES }),
      problems: keys.map(placed),
      locate: (path) => locate(path, 'value'),
      locateKey: (path) => locate(path, 'key'),
    };
  } catch (error) {
    // The parser gives up by throwing: aliases that multiply, nesting beyond the stack.
    return [{ ...START, message: `not readable as YAML: ${String(error)}` }];
  }
}

function find(document: Document, path: Path, want: 'key' | 'value'): Node | undefined {
  let node = follow(document, document.contents);
  let found = node;
  for (const [index, step] of path.entries()) {
    let next: unknown;
    if (isMap(node)) {
      const pair = findPair(document, node, String(step));
      const last = index === path.length - 1;
      next = last && want === 'key' ? pair?.key : (pair?.value ?? pair?.key);
    } else if (isSeq(node)) {
      next = node.items[Number(step)];
    }
    if (!isNode(next)) break;
    found = next;
    node = follow(document, next);
  }
  return found ?? undefined;
}

function findPair(document: Document, map: YAMLMap, key: string): Pair | undefined {
  const own = map.items.find((pair) => keyOf(pair) === key);
  if (own !== undefined) return own;
  for (const { value } of map.items.filter((pair) => keyOf(pair) === '<<')) {
    const merged = follow(document, value);
    for (const part of isSeq(merged) ? merged.items : [merged]) {
      const source = follow(document, part);
      const pair = isMap(source) ? findPair(document, source, key) : undefined;
      if (pair !== undefined) return pair;
    }
  }
  return undefined;
}

function follow(document: Document, node: unknown): Node | null | undefined {
  if (isAlias(node)) return node.resolve(document);
  return isNode(node) ? node : undefined;
}

/** Names that the parser does not check. */
interface NameProblems {
  /** Keys that are there twice. */
  readonly keys: readonly SyntaxProblem[];
  /** Aliases of what is not there: without them there is no document. */
  readonly aliases: readonly SyntaxProblem[];
}

function findNameProblems(document: Document): NameProblems {
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

function keyOf({ key }: Pair): string {
  if (!isScalar(key)) return String(key);
  // The parser writes a merge key as a symbol.
  return typeof key.value === 'symbol' ? (key.value.description ?? '') : String(key.value);
}

/** A rule or target of the file. */
export interface Part<Input> {
  /** The fields that are valid by themselves. */
  readonly fields: Partial<Input>;
  /** As the file has it, valid or not. */
  readonly written: unknown;
  /** All of it. Unset if a part is not valid. */
  readonly whole?: Input;
}
