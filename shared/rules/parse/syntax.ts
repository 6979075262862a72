import { isCollection, isScalar, visit, type Document, type YAMLError } from 'yaml';

/** Something wrong at an offset of the text. */
export interface SyntaxProblem {
  readonly at: number;
  readonly message: string;
}

/** Appended where `*` begins what was meant as a glob. */
export const QUOTES = "a glob that begins with * needs quotes: '*'";

/** The parser continues after these. After all others it misreads the rest, and its later messages are useless. */
const LOCAL: ReadonlySet<string> = new Set([
  'BAD_ALIAS',
  'BAD_DQ_ESCAPE',
  'BAD_SCALAR_START',
  'MULTIPLE_DOCS',
  'TAG_RESOLVE_FAILED',
]);

/** Explains what the parser does not understand, in the order of the text: one problem for one mistake. */
export function explainSyntax(
  document: Document,
  errors: readonly YAMLError[],
  text: string,
): SyntaxProblem[] {
  const sorted = errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const lost = sorted.findIndex(({ code }) => !LOCAL.has(code));
  const meant = lost < 0 ? sorted : sorted.slice(0, lost + 1);
  return meant.map((error) => {
    const [at] = error.pos;
    const variable = /^\$\{[^}\n]*\}/.exec(text.slice(Math.max(0, at - 1)))?.[0];
    if (variable === undefined) return explain(document, error, text);
    return {
      at: at - 1,
      message: `\`${variable}\` needs quotes, and is not expanded: rules files have no variables`,
    };
  });
}

const ALIGN =
  'this line does not line up with the lines above it. Indent the keys and items of one level alike';

function explain(
  document: Document,
  { message, pos, ...error }: YAMLError,
  text: string,
): SyntaxProblem {
  const code: string = error.code;
  const [at] = pos;
  const char = text.charAt(at);
  const said = (problem: string, offset = at): SyntaxProblem => ({ at: offset, message: problem });
  switch (code) {
    case 'TAB_AS_INDENT':
      return said('the line is indented with a tab. Indent it with spaces');
    case 'BAD_INDENT':
      return unclosed(document, text) ?? said(ALIGN, firstOfLine(text, at));
    case 'MISSING_CHAR':
      return (
        unclosed(document, text) ??
        (message.includes('map keys')
          ? said('":" is missing after the key', firstOfLine(text, at))
          : said(ALIGN, firstOfLine(text, at)))
      );
    case 'BLOCK_AS_IMPLICIT_KEY':
      return message.includes('sequence')
        ? said(ALIGN, firstOfLine(text, at))
        : explainNesting(text, at);
    case 'MULTILINE_IMPLICIT_KEY':
      return said('":" is missing after the key', firstOfLine(text, at));
    case 'BLOCK_IN_FLOW':
      return unclosed(document, text) ?? said('"," is missing between two entries in brackets');
    case 'UNEXPECTED_TOKEN':
      if (']}'.includes(char))
        return said(`"${char}" closes nothing. Remove it, or open it before`);
      if (message.startsWith('Block scalar'))
        return said(needsQuotes('> or |'), startOfValue(text, at));
      return firstOfLine(text, at) === at
        ? said(ALIGN)
        : said('this text is unexpected. Check the quotes, brackets and commas before it');
    case 'BAD_SCALAR_START':
    case 'TAG_RESOLVE_FAILED':
      return said(needsQuotes(char));
    case 'BAD_DQ_ESCAPE':
      return said(
        `\`${text.slice(at, at + 2)}\` is not an escape sequence. Use single quotes, or write \\\\`,
      );
    case 'MULTIPLE_DOCS':
      return said('a second document starts here ("---"): one file holds one document');
    case 'BAD_ALIAS':
      return said(`\`*\` names no anchor; ${QUOTES}`);
    default:
      return said(`not readable as YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`);
  }
}

function needsQuotes(char: string): string {
  return `a value that begins with ${char} needs quotes`;
}

/** A value that has keys or items: in its own line, or because the next line is indented too far. */
function explainNesting(text: string, at: number): SyntaxProblem {
  const end = text.indexOf('\n', at);
  const rest = text.slice(at, end < 0 ? undefined : end);
  if (firstOfLine(text, at) !== at && /:(?:\s|$)/.test(rest)) {
    return { at, message: 'a value with ": " in it needs quotes' };
  }
  const next = /\n[ \t]*(?=[^\s#])/.exec(text.slice(end));
  return next === null
    ? { at, message: ALIGN }
    : {
        at: end + next.index + next[0].length,
        message:
          'this line is indented too far: the line above it has a value, which cannot have keys or items too',
      };
}

/** Finds the quote or bracket that is never closed: where the text ends is of no help. */
function unclosed(document: Document, text: string): SyntaxProblem | undefined {
  let found: SyntaxProblem | undefined;
  visit(document, {
    Node(_, node) {
      const [from, to] = node.range ?? [0, 0];
      const opening = text.charAt(from);
      const isQuoted = isScalar(node) && node.type?.startsWith('QUOTE') === true;
      if (!isQuoted && !(isCollection(node) && node.flow === true)) return;
      const closing = CLOSING[opening];
      if (closing === undefined || (to > from + 1 && text.charAt(to - 1) === closing)) return;
      found = { at: from, message: `\`${opening}\` is not closed: \`${closing}\` is missing` };
    },
  });
  return found;
}

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', "'": "'", '"': '"' };

/** The offset of the first character of a line that is not blank. */
function firstOfLine(text: string, at: number): number {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const blank = /^[ \t]*/.exec(text.slice(start))?.[0].length ?? 0;
  return start + blank;
}

/** The offset of a value that begins with a sign before `at`. */
function startOfValue(text: string, at: number): number {
  return /[>|]/.test(text.charAt(at - 1)) ? at - 1 : at;
}
