import { formatReference, type RepositoryName } from '../oci/reference';
import { InvalidGlobError, anyText, parseGlob } from '../text/glob';
import { GLOBSTAR, literally, matchAny, type Step, type Steps } from '../text/steps';

/** What a pattern may name of the release that it is asked about. */
const VARIABLES = ['repository', 'image', 'tag'] as const;
export type Variable = (typeof VARIABLES)[number];

/** The values of the variables. A tag that is undefined may be any. */
export interface Names {
  /** The source repository, with its registry: `us-docker.pkg.dev/vendor/releases/api`. */
  readonly repository: string;
  /** The last segment of its path: `api`. */
  readonly image: string;
  readonly tag: string | undefined;
}

/** The values for a release of this repository; without a tag, under any. */
export function namesOf({ registry, repository }: RepositoryName, tag?: string): Names {
  return {
    repository: formatReference({ registry, repository }),
    image: repository.slice(repository.lastIndexOf('/') + 1),
    tag,
  };
}

/** A glob for texts that a signer wrote. `${repository}`, `${image}` and `${tag}` stand for their values, literally. */
export interface Pattern {
  readonly text: string;
  readonly names: ReadonlySet<Variable>;
  readonly matches: (text: string, names: Names) => boolean;
}

/** Noncharacters of Unicode, which no text has: they keep the place of a variable while the glob is parsed. */
const MARKS: Readonly<Record<Variable, string>> = {
  repository: '\uFDD0',
  image: '\uFDD1',
  tag: '\uFDD2',
};
const VARIABLE = /\$\{([^{},]*)\}/g;

/** A longer text matches nothing: a glob takes seconds for millions of characters, and blocks the process. */
const MAX_CHARACTERS = 16 * 1024;

/** @throws {InvalidGlobError} with what is wrong, to follow the pattern in a sentence. */
export function parsePattern(text: string, allowed: readonly Variable[] = VARIABLES): Pattern {
  if (/[\uFDD0-\uFDEF]/.test(text)) throw new InvalidGlobError('has a noncharacter of Unicode');
  const names = new Set<Variable>();
  const marked = text.replaceAll(VARIABLE, (written, name: string) => {
    const variable = allowed.find((one) => one === name);
    if (variable === undefined) {
      const known = allowed.map((one) => `\${${one}}`).join(', ');
      throw new InvalidGlobError(`has ${written}, which is not one of ${known}`);
    }
    names.add(variable);
    return MARKS[variable];
  });
  const { alternatives, matches } = parseGlob(marked, anyText);
  const isShort = ({ length }: string): boolean => length <= MAX_CHARACTERS;
  if (names.size === 0)
    return { text, names, matches: (found) => isShort(found) && matches(found) };
  return {
    text,
    names,
    matches: (found, values) =>
      isShort(found) &&
      matchAny(alternatives.map((steps) => steps.flatMap((step) => valueOf(step, values))))(found),
  };
}

function valueOf(step: Step, values: Names): Steps {
  const variable = VARIABLES.find((name) => MARKS[name] === step);
  if (variable === undefined) return [step];
  const value = values[variable];
  return value === undefined ? [GLOBSTAR] : literally(value);
}

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
