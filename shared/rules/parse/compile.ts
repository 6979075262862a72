import {
  parsePublicKeys,
  InvalidSignerError,
  type KeySigner,
  type Signer,
} from '../../statements/signers/signer';
import { parseTrustedRoot } from '../../statements/signers/trusted-root';
import { anyText, parseGlob } from '../../text/glob';
import { readFailure } from '../../text/read-failure';
import type { ClauseProblem, Signers } from '../clause';
import { clauses, compileClauses, onlyOf } from '../clauses';
import { kindOfPlace, type RuleKind, type RuleKinds } from '../kind';
import { inOrder, type PauseWindow } from '../pauses';
import type { Entry, Rule, Target } from '../rules';
import type { Draft } from './draft';
import { compilePauses } from './pauses';
import type { Report } from './problems';
import { earlierStages } from './stages';
import { type RuleInput, type TargetInput, KEYLESS, type SignerInput } from './schema';

/** Rules and targets that are valid by themselves, whatever is wrong elsewhere in the file. */
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
  const frozen = freezesByTarget(draft.groups);
  for (const [name, { whole }] of draft.targets) {
    if (whole === undefined) continue;
    const pauses = [...compilePauses(`target "${name}"`, whole), ...(frozen.get(name) ?? [])];
    targets.set(name, compileTarget(kinds, name, whole, inOrder(pauses)));
  }
  const expand = createExpansion(draft.groups, targets);
  const earlier = earlierStages(draft.rules);
  const rules = draft.rules.flatMap((part, index) => {
    const { fields, whole } = part;
    const served = new Set(expand(earlier(part).flatMap((one) => one.fields.targets ?? [])));
    const all = expand(whole?.targets ?? []);
    const own = served.size === 0 ? all : all.filter((target) => !served.has(target));
    const rule = whole && compileRule({ kinds, signers }, whole, own);
    const problems = [
      ...problemsOf(kinds, fields, rule),
      ...(all.length > 0 && own.length === 0 ? [NONE_LEFT] : []),
    ];
    for (const { at, message } of problems) report(['rules', index, ...at], message);
    return rule === undefined || problems.length > 0 ? [] : [{ index, rule }];
  });
  const groups = new Map([...draft.groups.keys()].map((name) => [name, expand([name])]));
  return { targets: [...targets.values()], groups, rules };
}

const NONE_LEFT: ClauseProblem = {
  message: 'every target is one of an awaited rule, so that none is left for this rule',
  at: ['targets'],
};

/** Returns the problems of clauses in combination. Without a valid source the kind is unknown. */
function problemsOf(
  kinds: RuleKinds,
  fields: Partial<RuleInput>,
  rule: Rule | undefined,
): ClauseProblem[] {
  if (fields.source === undefined) return [];
  const kind = kindOfPlace(kinds, fields.source);
  const at = rule?.at ?? kind.reference.nameOf(kind.place.parse(fields.source));
  const context = { at, only: rule && onlyOf(rule), targets: rule?.targets };
  return clauses.flatMap(({ problems }) => problems?.(fields, kind, context) ?? []);
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
      [...new Set(names.flatMap((name) => groups.get(name)?.members ?? [name]))].flatMap(
        (name) => targets.get(name) ?? [],
      );
    known.set(key, expanded);
    return expanded;
  };
}

/** Returns the freezes that targets have from their groups. */
function freezesByTarget(groups: Draft['groups']): ReadonlyMap<string, readonly PauseWindow[]> {
  const frozen = new Map<string, PauseWindow[]>();
  for (const [group, { members, freeze }] of groups) {
    const pauses = compilePauses(`group "${group}"`, { freeze });
    for (const name of new Set(members)) {
      frozen.set(name, [...(frozen.get(name) ?? []), ...pauses]);
    }
  }
  return frozen;
}

function compileTarget(
  kinds: RuleKinds,
  name: string,
  input: TargetInput,
  pauses: readonly PauseWindow[],
): Target {
  const { impersonate, reader, receipts } = input;
  const places = Object.values(kinds).map(({ place: { key, parse } }: RuleKind) => {
    const text = input[key];
    return text === undefined ? {} : { [key]: parse(text) };
  });
  return places.reduce<Target>((target, place) => ({ ...target, ...place }), {
    name,
    impersonate,
    reader,
    pauses,
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

/** Reads a file by its path from where rules.yaml is. @throws an error that says why it cannot be read. */
export type ReadBeside = (path: string) => string;

/** Compiles the signers that are right, and reports what is wrong with the others. */
export function compileSigners(
  { signers }: Draft,
  readBeside: ReadBeside,
  report: Report,
): Signers {
  const read = new Map<string, unknown>();
  /** Many signers share a trusted root, which is large. */
  const parsed = <T>(path: string, parse: (text: string) => T): T => {
    const known = (read.get(path) as T | undefined) ?? parse(contentOf(path, readBeside));
    read.set(path, known);
    return known;
  };
  const compile = (name: string, written: SignerInput): Signer | undefined => {
    const { key, issuer, identity, trustedRoot } = written;
    const named = key === undefined ? 'trustedRoot' : 'key';
    try {
      if (key !== undefined) return { kind: 'key', name, keys: parsed(key, parsePublicKeys) };
      if (issuer === undefined || identity === undefined || trustedRoot === undefined) return;
      const glob = parseGlob(identity, anyText);
      const root = parsed(trustedRoot, parseTrustedRoot);
      return { kind: 'keyless', name, issuer, identity: glob, trustedRoot: root };
    } catch (error) {
      if (!(error instanceof InvalidSignerError)) throw error;
      report(['signers', name, named], `${JSON.stringify(written[named])} ${error.message}`);
      return undefined;
    }
  };
  return new Map(
    [...signers].map(([name, { whole }]) => {
      const problem = whole && formProblem(whole);
      if (problem !== undefined) report(['signers', name], problem, 'key');
      return [name, whole && problem === undefined ? compile(name, whole) : undefined];
    }),
  );
}

/** Returns the signers whose halts count; reports those without a key. */
export function compileHalts(draft: Draft, signers: Signers, report: Report): readonly KeySigner[] {
  return [...new Set(draft.haltsBy)].flatMap((name) => {
    const signer = signers.get(name);
    if (signer?.kind === 'key') return [signer];
    // What is wrong with the signer itself is reported elsewhere.
    const { whole } = draft.signers.get(name) ?? {};
    if (whole?.key === undefined && whole?.issuer !== undefined) {
      const at = ['halts', 'by', draft.haltsBy.indexOf(name)];
      report(at, `signer "${name}" is keyless: halts need a signer with a \`key\``);
    }
    return [];
  });
}

/** @throws {InvalidSignerError} */
function contentOf(path: string, readBeside: ReadBeside): string {
  try {
    return readBeside(path);
  } catch (cause) {
    throw new InvalidSignerError(readFailure(cause), { cause });
  }
}

function formProblem(written: SignerInput): string | undefined {
  const [said, lacking] = [true, false].map((isSaid) =>
    KEYLESS.filter((key) => (written[key] !== undefined) === isSaid).map((key) => `\`${key}\``),
  ) as [string[], string[]];
  if (written.key !== undefined) {
    return said.length === 0
      ? undefined
      : `a signer has a \`key\`, or is known by ${said.join(', ')}; not both`;
  }
  if (said.length === 0) return 'a signer has a `key`, or `issuer`, `identity` and `trustedRoot`';
  return lacking.length === 0
    ? undefined
    : `a signer without a \`key\` needs ${lacking.join(', ')}, too`;
}
