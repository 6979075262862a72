import type { ClauseProblem, Signers } from '../clause';
import { clauses, compileClauses, onlyOf } from '../clauses';
import { kindOfPlace, type RuleKind, type RuleKinds } from '../kind';
import type { Entry, Rule, Target } from '../rules';
import type { Draft } from './draft';
import type { Report } from './report';
import type { RuleInput, TargetInput } from './schema';

/** Rules and targets that are right by themselves, whatever is wrong beside them. */
interface Compiled {
  readonly targets: readonly Target[];
  readonly groups: ReadonlyMap<string, readonly Target[]>;
  readonly rules: readonly Entry[];
}

interface Compiling {
  readonly kinds: RuleKinds;
  readonly signers: Signers;
}

/** Compiles what is whole in a draft, and reports clauses that do not go together. */
export function compileDraft(
  { kinds, signers }: Compiling,
  draft: Draft,
  report: Report,
): Compiled {
  const targets = new Map<string, Target>();
  for (const [name, { whole }] of draft.targets) {
    if (whole !== undefined) targets.set(name, compileTarget(kinds, name, whole));
  }
  const expand = createExpansion(draft.groups, targets);
  const rules = draft.rules.flatMap(({ fields, whole }, index) => {
    const rule = whole && compileRule({ kinds, signers }, whole, expand(whole.targets));
    const problems = problemsOf(kinds, fields, rule);
    for (const { at, message } of problems) report(['rules', index, ...at], message);
    return rule === undefined || problems.length > 0 ? [] : [{ index, rule }];
  });
  const groups = new Map([...draft.groups.keys()].map((name) => [name, expand([name])]));
  return { targets: [...targets.values()], groups, rules };
}

/** What is wrong with clauses beside each other. A source that is wrong, or not there, tells no kind. */
function problemsOf(
  kinds: RuleKinds,
  fields: Partial<RuleInput>,
  rule: Rule | undefined,
): ClauseProblem[] {
  if (fields.source === undefined) return [];
  const kind = kindOfPlace(kinds, fields.source);
  const at = rule?.at ?? kind.reference.nameOf(kind.place.parse(fields.source));
  const beside = { at, only: rule && onlyOf(rule), targets: rule?.targets };
  return clauses.flatMap(({ problems }) => problems?.(fields, kind, beside) ?? []);
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

function compileTarget(kinds: RuleKinds, name: string, input: TargetInput): Target {
  const { impersonate, paused, receipts } = input;
  const places = Object.values(kinds).map(({ place: { key, parse } }: RuleKind) => {
    const text = input[key];
    return text === undefined ? {} : { [key]: parse(text) };
  });
  return places.reduce<Target>((target, place) => ({ ...target, ...place }), {
    name,
    impersonate,
    paused,
    receipts,
  });
}

function compileRule(
  { kinds, signers }: Compiling,
  input: RuleInput,
  targets: readonly Target[],
): Rule {
  const fields = compileClauses(input, kindOfPlace(kinds, input.source), signers);
  return { ...fields, name: input.name, targets, listed: input.targets };
}
