import { subset } from 'semver';
import * as z from 'zod';
import { isDigestTag } from '../../oci/digest-tag';
import { isTag } from '../../oci/reference';
import { defineClause, globs, type ClauseProblem } from '../clause';
import { literalOf, parseGlob } from '../../text/glob';
import { covers, literally, matchAny, samplesOf, STAR, type Steps } from '../../text/steps';
import {
  tagGrammar,
  edgesOf,
  globsOf,
  parseRange,
  versionIn,
  versionOfRange,
} from '../tag-grammar';

const TagsInput = z
  .strictObject({
    include: globs(tagGrammar)
      .optional()
      .meta({ description: 'Globs. A tag is released if one of these or `semver` matches.' }),
    semver: z
      .string()
      .superRefine((text, context) => {
        if (parseRange(text) !== undefined) return;
        const message = `${JSON.stringify(text)} is not a semver range, such as ">=1.4.0 <3"`;
        context.addIssue({ code: 'custom', message });
      })
      .optional()
      .meta({
        description:
          'A node-semver range. A leading "v" is allowed. A prerelease matches only if the range names one. Text after "_" is build metadata, as Helm writes "+", and is ignored.',
        examples: ['>=1.4.0 <3', '^2.1.0'],
      }),
    exclude: globs(tagGrammar).optional().meta({
      description: 'Globs. A tag that matches one of these is never released.',
    }),
  })
  .meta({ title: 'Tags' });

export type TagClauses = z.output<typeof TagsInput>;

export interface TagEvaluation {
  readonly passes: boolean;
  /** What decided, for people: `include 'v*'`, `exclude '*-rc*'`, `no include or semver passes "x"`. */
  readonly why: string;
}

/** Which tags. `include`, `semver` and `exclude` are one clause: what one lets pass another may take back. */
export const tags = defineClause({
  keys: () => ({
    tags: TagsInput.optional().meta({
      description: 'The tags to release. Without `include` and `semver`: all.',
      examples: [
        { include: ['latest'], semver: '>=1.4.0 <3', exclude: ['*-rc*'] },
        { semver: '^1.4.0' },
      ],
    }),
  }),
  about: ({ has }) => has.tag,
  problems: ({ tags: written }) => (written === undefined ? [] : emptinessOf(written)),
  compile: ({ tags: written = {} }) => ({
    /** As written, for people. */
    tags: written,
    /** Names what decides about a tag. */
    evaluateTag: compileTags(written),
  }),
  selects: {
    by: 'tag',
    admits({ evaluateTag }, { tag, digest, isAttachment }) {
      if (isAttachment) return undefined;
      if (tag !== undefined) return evaluateTag(tag).passes;
      return digest === undefined ? undefined : false;
    },
    why({ evaluateTag }, { tag, name, digest }, kind) {
      if (tag !== undefined) return evaluateTag(tag).why;
      const asked = digest === undefined ? name : `${name}@${digest}`;
      return `${asked} has no tag, by which a ${kind.name} is released`;
    },
    covers: ({ tags: outer }, { tags: inner }) => coversTags(outer, inner),
    summary({ tags: { include = [], semver, exclude = [] } }) {
      const passing = [...include, ...(semver === undefined ? [] : [`semver ${semver}`])];
      const refused = exclude.map((glob) => `not ${glob}`);
      return [...(passing.length === 0 ? ['all'] : passing), ...refused].join(', ');
    },
    patterns: ({ tags: written }) => [...passingPatterns(written), ...edgePatterns(written)],
    only: ({ tags: { include = [], semver } }) =>
      semver === undefined ? literalOf(include) : undefined,
  },
  decides: 'which',
  says: ({ tags: written }) => written,
  alters: null,
  awaits: null,
  note: null,
});

/** Reports what surely lets no tag pass. */
function emptinessOf({ include, semver, exclude = [] }: TagClauses): ClauseProblem[] {
  const range = semver === undefined ? undefined : parseRange(semver);
  const version = range && versionOfRange(range);
  if (range !== undefined && version === undefined) {
    const message = `no version is in the range ${JSON.stringify(semver)}`;
    return [{ at: ['tags', 'semver'], message }];
  }
  const samples = (include ?? []).map((glob) =>
    stepsOf(glob).flatMap(samplesOf).filter(isReleaseTag),
  );
  const impossible = (include ?? []).flatMap((glob, index) =>
    samples[index]?.length === 0 ? [{ at: ['tags', 'include', index], message: noTag(glob) }] : [],
  );
  if (impossible.length > 0 || exclude.length === 0) return impossible;
  const excluding = exclude.flatMap(stepsOf);
  const isExcluded = matchAny(excluding);
  // Of most rules a sample passes.
  if (
    [...samples.flat(), ...(version === undefined ? [] : [version])].some((tag) => !isExcluded(tag))
  )
    return [];
  const isWhole = (steps: Steps): boolean => excluding.some((one) => covers(one, steps));
  if (!passingPatterns({ include, semver }).every(isWhole)) return [];
  return [{ at: ['tags', 'exclude'], message: '`exclude` takes back all that the rest lets pass' }];
}

function noTag(glob: string): string {
  return `no tag is like ${JSON.stringify(glob)} (at most 128 characters, neither "." nor "-" first; what names an attachment travels with its subject)`;
}

function isReleaseTag(text: string): boolean {
  return isTag(text) && !isDigestTag(text);
}

/** Whether tags surely pass `outer` that pass `inner`: globs by their form, ranges by node-semver. */
function coversTags(outer: TagClauses, inner: TagClauses): boolean {
  if (JSON.stringify(outer) === JSON.stringify(inner)) return true;
  const areIn = (some: readonly string[], all: readonly string[]): boolean =>
    some
      .flatMap(stepsOf)
      .every((steps) => all.flatMap(stepsOf).some((glob) => covers(glob, steps)));
  if (!areIn(outer.exclude ?? [], inner.exclude ?? [])) return false;
  const { include = [], semver } = outer;
  if (outer.include === undefined && semver === undefined) return true;
  const takesAll = areIn(['*'], include);
  const isInRange =
    inner.semver === undefined || (semver !== undefined && subset(inner.semver, semver));
  const isWide = inner.include === undefined && inner.semver === undefined;
  return takesAll || (!isWide && isInRange && areIn(inner.include ?? [], include));
}

function stepsOf(glob: string): readonly Steps[] {
  return parseGlob(glob, tagGrammar).alternatives;
}

/**
 * Compiles `tags`: a tag passes by `include` or `semver` (when neither is given, always) and by no `exclude`. No clause lets
 * a digest tag pass: it names an attachment, which travels with its subject.
 */
export function compileTags({
  include,
  semver,
  exclude,
}: TagClauses): (tag: string) => TagEvaluation {
  const included = include?.map((text) => parseGlob(text, tagGrammar));
  const excluded = exclude?.map((text) => parseGlob(text, tagGrammar)) ?? [];
  const range = semver === undefined ? undefined : parseRange(semver);
  const refuse = (why: string): TagEvaluation => ({ passes: false, why });

  return (tag) => {
    if (isDigestTag(tag)) {
      return refuse(`"${tag}" names an attachment, which travels with its subject`);
    }
    const against = excluded.find(({ matches }) => matches(tag));
    if (against !== undefined) return refuse(`exclude '${against.text}'`);
    if (included === undefined && range === undefined) return { passes: true, why: 'every tag' };
    const by = included?.find(({ matches }) => matches(tag));
    if (by !== undefined) return { passes: true, why: `include '${by.text}'` };
    if (range?.test(versionIn(tag)) === true) return { passes: true, why: `semver '${range.raw}'` };
    const clauses = [included && 'include', range && 'semver'].filter(Boolean).join(' or ');
    return refuse(`no ${clauses} passes "${tag}"`);
  };
}

/** Returns patterns of the tags that pass, but for `exclude`: globs as they are; of a range what all its versions begin with. */
function passingPatterns({ include, semver }: TagClauses): Steps[] {
  if (include === undefined && semver === undefined) return [[STAR]];
  const range = semver === undefined ? undefined : parseRange(semver);
  const globs = [...(include ?? []), ...(range === undefined ? [] : globsOf(range))];
  return globs.flatMap(stepsOf);
}

/** Versions at the edges of a range that are in it: two ranges that have a version in common have one of these in common. */
function edgePatterns({ semver = '' }: TagClauses): Steps[] {
  const range = parseRange(semver);
  if (range === undefined) return [];
  return ['0.0.0', ...edgesOf(range)]
    .filter((version) => range.test(version))
    .flatMap((version) => [literally(version), literally(`v${version}`)]);
}
