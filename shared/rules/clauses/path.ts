import type * as z from 'zod';
import { defineClause, globs as globList } from '../clause';
import { literalOf, parseGlob } from '../../text/glob';
import { covers, literalPrefix, matchAny, samplesOf } from '../../text/steps';
import type { RuleKind, RuleKinds } from '../kind';

type Keys = Record<RuleKind['paths']['key'], z.ZodOptional<z.ZodArray<z.ZodString>>>;

/** `images`, `templates`, `objects`: which of what lies below the source. */
export const path = defineClause({
  keys: (kinds) =>
    // Every kind has one of them.
    Object.fromEntries(
      Object.values(kinds).map((kind: RuleKind) => [kind.paths.key, schemaOf(kind)]),
    ) as Keys,
  about(kind, key, kinds) {
    if (key === kind.paths.key) return true;
    return [...originOf(key, kinds), `\`${kind.paths.key}\` says which ${kind.name}s`].join('; ');
  },
  problems: (input, kind, { at }) =>
    (input[kind.paths.key] ?? []).flatMap((glob, index) => {
      const problem = problemOfGlob(glob, kind, at);
      const message =
        problem === undefined ? emptinessOf(glob, kind, at) : `${named(kind)}${problem}`;
      return message === undefined ? [] : [{ at: [kind.paths.key, index], message }];
    }),
  compile(input, { paths }) {
    const { key, all, grammar, mayBe, refusal } = paths;
    const globs: readonly string[] = input[key] ?? [all];
    const pathPatterns = globs.flatMap((glob) => parseGlob(glob, grammar).alternatives);
    const matches = matchAny(pathPatterns);
    return {
      /** As written, for people. */
      globs,
      pathPatterns,
      /** Tests the path below `source`; it is empty for an image that is `source` itself. */
      matchesPath: (text: string): boolean => mayBe(text) && matches(text),
      /** Why an artifact goes nowhere, whatever the globs say. */
      refusal,
    };
  },
  selects: {
    by: 'path',
    admits: ({ matchesPath, refusal }, { path, artifact }) =>
      path !== undefined && matchesPath(path) && refusal(artifact) === undefined,
    why({ globs, matchesPath, refusal }, { path: asked = '', artifact }, kind) {
      const refused = refusal(artifact);
      if (refused !== undefined) return refused;
      const patterns = globs.map((glob) => `'${glob}'`).join(', ');
      const verb = matchesPath(asked) ? 'match' : 'do not match';
      return `${kind.name}s ${patterns} ${verb} ${asked === '' ? 'the source itself' : `"${asked}"`}`;
    },
    covers: ({ pathPatterns }, other) =>
      other.pathPatterns.every((inner) => pathPatterns.some((outer) => covers(outer, inner))),
    summary: ({ globs }) => (globs.length === 1 ? globs.join('') : `{${globs.join(',')}}`),
    patterns: ({ pathPatterns }) => pathPatterns,
    only: ({ globs }) => literalOf(globs),
  },
  decides: 'which',
  says: ({ globs }) => globs,
  alters: null,
  awaits: null,
  note: null,
});

/** What is wrong with a glob that is more than a path, as the end of a sentence. */
function problemOfGlob(glob: string, { paths }: RuleKind, at: string): string | undefined {
  const isWhole = glob === at || glob.startsWith(`${at}/`);
  const short = glob.slice(at.length + 1);
  if (isWhole && short !== '') return `: "${glob}" is "${short}" there`;
  if (isWhole || glob.startsWith(`${at.split('/', 1).join('')}/`)) return `, not "${glob}"`;
  const begins = parseGlob(glob, paths.grammar).alternatives.map(literalPrefix);
  const elsewhere = begins.find((begin) => paths.isElsewhere?.(begin));
  if (elsewhere === undefined) return undefined;
  const escaped = `[${elsewhere.slice(0, 1)}]${elsewhere.slice(1)}`;
  return `, and "${elsewhere}" begins as another registry does: if a path there does so, write "${escaped}"`;
}

function named({ plural }: RuleKind): string {
  return `${plural} are named by their path below \`source\``;
}

/** Why nothing below the source is like a glob: separators and length alone rule a name out, and samples have few of both. */
function emptinessOf(glob: string, kind: RuleKind, at: string): string | undefined {
  const { grammar, mayBe, anyName } = kind.paths;
  const place = kind.place.parse(at);
  const isName = (text: string): boolean =>
    mayBe(text) && kind.artifactAt(place, text) !== undefined;
  if (parseGlob(glob, grammar).alternatives.some((steps) => samplesOf(steps).some(isName))) {
    return undefined;
  }
  const hint = anyName ? '' : ': each part of a path begins and ends with a letter or a digit';
  return `no ${kind.name} is named like ${JSON.stringify(glob)}${hint}`;
}

function schemaOf(kind: RuleKind) {
  const { grammar, description, examples, isElsewhere } = kind.paths;
  // The colon of a port is no tag's.
  const problemOf = (text: string): string | undefined =>
    /^[^/]+:/.test(text) && isElsewhere?.(text) ? `${named(kind)}, not "${text}"` : undefined;
  return globList(grammar, problemOf)
    .optional()
    .meta({ description, examples: [examples] });
}

/** Where the artifacts of a key come from, if the form of their names shows it. */
function originOf(key: string, kinds: RuleKinds): string[] {
  const { origin } = Object.values(kinds).find(({ paths }) => paths.key === key) ?? {};
  return origin === undefined ? [] : [`they come from ${origin}`];
}
