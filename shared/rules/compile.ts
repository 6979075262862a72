import { parsePlatform } from '../oci/platform';
import { namingProblem } from './destination';
import type { Draft } from './draft';
import { matchAny, parseGlob } from './glob';
import type { Report } from './report';
import type { Rule, Target } from './rules';
import { parseRepository, type RuleInput, type TargetInput } from './schema';
import { compileTags } from './tag-clauses';

/** Rules and targets that are right by themselves, whatever is wrong beside them. */
export interface Compiled {
  readonly targets: readonly Target[];
  /** With the position in the file. */
  readonly rules: readonly { readonly index: number; readonly rule: Rule }[];
}

/** Compiles what is whole in a draft, and reports an `as` that cannot name its images. */
export function compileDraft(draft: Draft, report: Report): Compiled {
  const targets = new Map<string, Target>();
  for (const [name, { whole }] of draft.targets) {
    if (whole !== undefined) targets.set(name, compileTarget(name, whole));
  }
  const expand = createExpansion(draft.groups, targets);
  const rules = draft.rules.flatMap(({ fields, whole }, index) => {
    const problem =
      fields.as === undefined ? undefined : namingProblem(fields.as, whole?.images, whole?.tags);
    if (problem !== undefined) report(['rules', index, 'as'], problem);
    if (whole === undefined || problem !== undefined) return [];
    return [{ index, rule: compileRule(whole, expand(whole.targets)) }];
  });
  return { targets: [...targets.values()], rules };
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
  const { repository, impersonate, paused, receipts } = input;
  return {
    name,
    repository: parseRepository(repository),
    ...(impersonate !== undefined && { impersonate }),
    paused,
    receipts,
  };
}

/** Compiles one rule of a file that the schema accepts. */
function compileRule(input: RuleInput, targets: readonly Target[]): Rule {
  const { name, images, tags, platforms, immutable, attachments, as } = input;
  const patterns = images.flatMap((glob) => parseGlob(glob, 'image').alternatives);
  return {
    name,
    source: parseRepository(input.source),
    globs: images,
    matchesPath: matchAny(patterns),
    tags,
    judgeTag: compileTags(tags),
    ...(platforms !== undefined && { platforms: platforms.map(parsePlatform) }),
    immutable,
    attachments,
    as,
    targets,
  };
}
