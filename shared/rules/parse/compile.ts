import { parsePlatform } from '../../oci/platform';
import type { Kind } from '../artifact';
import { DEFAULT_NAMING, namingProblem } from '../clauses/as';
import type { Draft } from './draft';
import { matchAny, parseGlob } from '../glob';
import { parseBucketPlace } from '../place';
import type { Report } from './report';
import type { Rule, Target } from '../rules';
import { kindOfPlace, parseRepository, type RuleInput, type TargetInput } from './schema';
import { compileTags } from '../clauses/tags';

/** Rules and targets that are right by themselves, whatever is wrong beside them. */
export interface Compiled {
  readonly targets: readonly Target[];
  /** With the position in the file. */
  readonly rules: readonly { readonly index: number; readonly rule: Rule }[];
}

const ALL = { image: ['**'], template: ['*'], object: ['**'] } as const;

/** What can lie below a source: an image may be the source itself, a template is a component, and an object has a name. */
const MAY_BE: Readonly<Record<Kind, (path: string) => boolean>> = {
  image: () => true,
  template: (path) => path !== '' && !path.includes('/'),
  object: (path) => path !== '',
};

/** Compiles what is whole in a draft, and reports an `as` that cannot name what its rule releases. */
export function compileDraft(draft: Draft, report: Report): Compiled {
  const targets = new Map<string, Target>();
  for (const [name, { whole }] of draft.targets) {
    if (whole !== undefined) targets.set(name, compileTarget(name, whole));
  }
  const expand = createExpansion(draft.groups, targets);
  const rules = draft.rules.flatMap(({ fields, whole }, index) => {
    const problem = problemOfNaming(fields, whole);
    if (problem !== undefined) report(['rules', index, 'as'], problem);
    if (whole === undefined || problem !== undefined) return [];
    return [{ index, rule: compileRule(whole, expand(whole.targets)) }];
  });
  return { targets: [...targets.values()], rules };
}

function problemOfNaming(
  { as, source }: Partial<RuleInput>,
  whole: RuleInput | undefined,
): string | undefined {
  // A source that is wrong, or not there, tells no kind.
  if (as === undefined || source === undefined) return undefined;
  const kind = kindOfPlace(source);
  // That a rule about templates may not say it at all is told elsewhere.
  if (kind === 'template') return undefined;
  const { tags = {} } = whole ?? {};
  return namingProblem(kind, as, whole === undefined ? {} : { globs: globsOf(kind, whole), tags });
}

/** Turns names of groups and targets into targets. Equal lists give the same array, which is what large files consist of. */
function createExpansion(
  groups: Draft['groups'],
  targets: ReadonlyMap<string, Target>,
): (names: readonly string[]) => readonly Target[] {
  const known = new Map<string, readonly Target[]>();
  return (names) => {
    const key = JSON.stringify(names);
    const expanded =
      known.get(key) ??
      [...new Set(names.flatMap((name) => groups.get(name) ?? [name]))].flatMap(
        (name) => targets.get(name) ?? [],
      );
    known.set(key, expanded);
    return expanded;
  };
}

/** Compiles one target of a file that the schema accepts. */
function compileTarget(name: string, input: TargetInput): Target {
  const { repository, templates, bucket, impersonate, paused, receipts } = input;
  return {
    name,
    ...(repository !== undefined && { repository: parseRepository(repository) }),
    ...(templates !== undefined && { templates: parseRepository(templates) }),
    ...(bucket !== undefined && { bucket: parseBucketPlace(bucket) }),
    ...(impersonate !== undefined && { impersonate }),
    paused,
    receipts,
  };
}

function globsOf(kind: Kind, { images, templates, objects }: RuleInput): readonly string[] {
  return { image: images, template: templates, object: objects }[kind] ?? ALL[kind];
}

/** Compiles one rule of a file that the schema accepts. */
function compileRule(input: RuleInput, targets: readonly Target[]): Rule {
  const { name, source, platforms, tags = {}, immutable = false, attachments = true } = input;
  const kind = kindOfPlace(source);
  const globs = globsOf(kind, input);
  const matches = matchAny(globs.flatMap((glob) => parseGlob(glob, kind).alternatives));
  const common = {
    name,
    globs,
    matchesPath: (path: string) => MAY_BE[kind](path) && matches(path),
    as: input.as ?? DEFAULT_NAMING[kind],
    targets,
  };
  if (kind === 'object') return { ...common, kind, source: parseBucketPlace(source) };
  return {
    ...common,
    kind,
    source: parseRepository(source),
    tags,
    judgeTag: compileTags(tags),
    ...(platforms !== undefined && { platforms: platforms.map(parsePlatform) }),
    immutable,
    attachments: kind === 'image' && attachments,
  };
}
