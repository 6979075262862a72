import { ANY, GLOBSTAR, matchAny, STAR, type Step, type Steps, type Wildcard } from './steps';

/**
 * A glob of rules.yaml, anchored and case-sensitive: `*` stands for any characters but `/`, also for none, `?` for one,
 * `[a-z0-9]` for one of these, `{a,b}` for either (nested too, and `{,-slim}` for nothing or `-slim`). `**` stands for any
 * characters, and between slashes for no component at all: `workers/**` matches `workers` and all below it.
 *
 * There is no negation (that is what `exclude` is for), no extended glob `@(…)` and no escape: image paths and tags have
 * no character that would need one, and in the name of an object `?` takes any. A pattern that could never match is refused.
 */
export interface Glob {
  readonly text: string;
  /** Braces and empty `**` written out: the text matches when one of these does. */
  readonly alternatives: readonly Steps[];
  readonly matches: (text: string) => boolean;
}

export class InvalidGlobError extends Error {
  override readonly name = 'InvalidGlobError';
}

/** Written out, one glob is at most this many patterns: enough for a list of names, and a bound on time. */
const MAX_ALTERNATIVES = 1000;

/** What the texts look like that a glob is about. */
export interface Grammar {
  /** A glob may only have characters that these can have. */
  readonly allowed: RegExp;
  /** For people: `a tag (letters, digits, . _ -)`. */
  readonly what: string;
  /** Whether `next` may come after `previous`, which is undefined at the start. */
  readonly mayFollow: (previous: string | undefined, next: string) => boolean;
  readonly mayEnd: (last: string) => boolean;
  /** Between two slashes there may be nothing, as in an address. */
  readonly mayHaveEmptyComponents?: true;
}

/** Globs for texts of any form: addresses, identities, names. */
export const anyText: Grammar = {
  allowed: /^[^\p{Cc}\p{Surrogate}]$/u,
  what: 'a text',
  mayFollow: () => true,
  mayEnd: () => true,
  mayHaveEmptyComponents: true,
};

type Writing = Pick<Grammar, 'allowed' | 'what' | 'mayHaveEmptyComponents'>;

/** @throws {InvalidGlobError} with what is wrong, to follow the glob's name in a sentence. */
export function parseGlob(text: string, grammar: Writing): Glob {
  if (text === '') throw new InvalidGlobError('is empty');
  if (text.startsWith('!')) throw new InvalidGlobError('is negated: use `exclude` for tags');
  const patterns = expandBraces(text).flatMap(withoutEmptyGlobstars);
  if (patterns.length > MAX_ALTERNATIVES) throw tooMany();
  const alternatives = patterns.map((pattern) => parseSteps(pattern, grammar));
  return { text, alternatives, matches: matchAny(alternatives) };
}

function tooMany(): InvalidGlobError {
  return new InvalidGlobError(`stands for more than ${MAX_ALTERNATIVES} patterns`);
}

/** `a{b,c{d,}}` to `ab`, `acd`, `ac`. */
function expandBraces(text: string): string[] {
  const open = text.indexOf('{');
  const stray = text.indexOf('}');
  if (stray >= 0 && (open < 0 || stray < open)) throw new InvalidGlobError('has a stray `}`');
  if (open < 0) return [text];
  const { choices, end } = readChoices(text, open);
  if (choices.length < 2) {
    throw new InvalidGlobError('has braces without a choice: write {a,b}');
  }
  const rests = expandBraces(text.slice(end + 1));
  const expanded = choices.flatMap(expandBraces);
  if (rests.length * expanded.length > MAX_ALTERNATIVES) throw tooMany();
  return expanded.flatMap((choice) => rests.map((rest) => text.slice(0, open) + choice + rest));
}

function readChoices(text: string, open: number): { choices: string[]; end: number } {
  const choices: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let index = open; index < text.length; index++) {
    const char = text[index];
    if (char === '{') depth++;
    if (char === '}') depth--;
    if (depth === 0 || (depth === 1 && char === ',')) {
      choices.push(text.slice(start, index));
      start = index + 1;
    }
    if (depth === 0) return { choices, end: index };
  }
  throw new InvalidGlobError('has a `{` without its `}`');
}

// `a/**/b` to itself and `a/b`.
function withoutEmptyGlobstars(pattern: string): string[] {
  let variants: string[][] = [[]];
  for (const component of pattern.split('/')) {
    const kept = variants.map((variant) => [...variant, component]);
    variants = component === '**' ? [...kept, ...variants] : kept;
    if (variants.length > MAX_ALTERNATIVES) throw tooMany();
  }
  return variants.map((variant) => variant.join('/')).filter((variant) => variant !== '');
}

function parseSteps(pattern: string, { allowed, what, mayHaveEmptyComponents }: Writing): Step[] {
  const steps: Step[] = [];
  for (const token of pattern.match(/\*+|\[[^\]]*\]?|[^]/gu) ?? []) {
    if (token === '*') steps.push(STAR);
    else if (token === '**') steps.push(GLOBSTAR);
    else if (token === '?') steps.push(ANY);
    else if (token.startsWith('[')) steps.push(parseClass(token));
    else if (allowed.test(token)) steps.push(token);
    else throw new InvalidGlobError(`has ${JSON.stringify(token)}, which is never in ${what}`);
  }
  if (mayHaveEmptyComponents !== true && /^\/|\/\/|\/$/.test(pattern)) {
    throw new InvalidGlobError('has an empty path component: write no leading, double or last "/"');
  }
  return steps;
}

function parseClass(token: string): Wildcard {
  const match = /^\[([A-Za-z0-9._-]+)\]$/.exec(token);
  if (match?.[1] === undefined) {
    throw new InvalidGlobError(
      `has a bad character class ${JSON.stringify(token)}: write [abc] or [a-z0-9]`,
    );
  }
  const characters = match[1].replaceAll(/([^-])-([^-])/g, (range, first: string, last: string) => {
    const [from, to] = [first.charCodeAt(0), last.charCodeAt(0)];
    if (from > to) throw new InvalidGlobError(`has the range "${range}" the wrong way round`);
    return String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, i) => from + i));
  });
  return { kind: 'class', characters };
}

/** The one text that globs match, when they are one name. */
export function literalOf(globs: readonly string[]): string | undefined {
  const [glob = ''] = globs;
  return globs.length === 1 && /^[^*?[\]{}]+$/.test(glob) ? glob : undefined;
}
