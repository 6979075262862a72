import * as z from 'zod';
import { didYouMean } from '../../text/nearest';
import type { Part, RulesDocument } from './document';
import type { Path, Report } from './problems';
import { resolveStages } from './stages';
import type { HaltsInput, RuleInput, RulesSchema, TargetInput, SignerInput } from './schema';

/** What can be made of the file, so that one mistake does not hide the next. */
export interface Draft {
  readonly targets: ReadonlyMap<string, Part<TargetInput>>;
  readonly signers: ReadonlyMap<string, Part<SignerInput>>;
  readonly groups: ReadonlyMap<string, DraftGroup>;
  /** Names of signers. */
  readonly haltsBy: HaltsInput['by'];
  /** Each with what it has from the rule that it waits for. */
  readonly rules: readonly Part<RuleInput>[];
}

/** A group, which may be written as the list of its members alone. */
interface DraftGroup {
  readonly members: readonly string[];
  /** From the group to its members. */
  readonly at: Path;
  readonly freeze: TargetInput['freeze'];
}

const Names = z.array(z.string());

/** Judges a document by the schema; reports what does not fit and goes on with what does. */
export function draftRules(schema: RulesSchema, document: RulesDocument, report: Report): Draft {
  const parsed = schema.file.safeParse(document.value);
  if (parsed.success) {
    const { targets, signers, groups, halts, rules } = parsed.data;
    return {
      targets: mapEach(targets, partOf),
      signers: mapEach(signers, partOf),
      groups: mapEach(groups, (group) => groupOf(schema, group)),
      haltsBy: halts?.by ?? [],
      rules: resolveStages(rules.map(partOf), report),
    };
  }
  for (const issue of parsed.error.issues) describeIssue(schema, issue, document.value, report);
  const { targets, signers, groups, halts, rules } = asRecord(document.value);
  return {
    targets: mapEach(asRecord(targets), (target) => salvage(schema.target, target)),
    signers: mapEach(asRecord(signers), (signer) => salvage(schema.signer, signer)),
    groups: mapEach(asRecord(groups), (group) => groupOf(schema, group)),
    haltsBy: Names.safeParse(asRecord(halts)['by']).data ?? [],
    rules: Array.isArray(rules)
      ? resolveStages(
          rules.map((rule) => salvage(schema.rule, rule)),
          report,
        )
      : [],
  };
}

function mapEach<From, To>(
  named: Readonly<Record<string, From>>,
  convert: (one: From) => To,
): Map<string, To> {
  return new Map(Object.entries(named).map(([name, one]) => [name, convert(one)]));
}

function groupOf(schema: RulesSchema, written: unknown): DraftGroup {
  if (Array.isArray(written)) {
    return { members: Names.safeParse(written).data ?? [], at: [], freeze: undefined };
  }
  const { targets = [], freeze } = salvage(schema.group, written).fields;
  return { members: targets, at: ['targets'], freeze };
}

function partOf<Input extends object>(whole: Input): Part<Input> {
  return { fields: whole, written: whole, whole };
}

function salvage<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  value: unknown,
): Part<z.output<z.ZodObject<Shape>>> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return partOf(parsed.data);
  const given = asRecord(value);
  const kept = Object.entries(schema.shape).flatMap(([key, field]) => {
    const { success, data } = z.safeParse(field, given[key]);
    return success ? [[key, data] as const] : [];
  });
  const fields = Object.fromEntries(kept) as Partial<z.output<z.ZodObject<Shape>>>;
  return { fields, written: value };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).safeParse(value).data ?? {};
}

type Issue = z.core.$ZodIssue;

const WHAT: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  string: 'text',
};

/** Puts what the schema found into plain words, at the place where it is. */
function describeIssue(schema: RulesSchema, issue: Issue, value: unknown, report: Report): void {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const known = schema.keysAt(path);
      const hint = didYouMean(key, known, '`') || `; known here: ${known.join(', ')}`;
      report([...path, key], `unknown key \`${key}\`${hint}`, 'key');
    }
  } else if (issue.code === 'invalid_union') {
    for (const inner of branchOf(issue)) {
      describeIssue(schema, { ...inner, path: [...path, ...inner.path] }, value, report);
    }
  } else if (issue.code === 'invalid_type') {
    report(path, describeType(path, issue.expected, valueAt(value, path)));
  } else if (issue.code === 'invalid_key') {
    const key = JSON.stringify(path.at(-1));
    report(path, `${key}: ${issue.issues[0]?.message ?? issue.message}`, 'key');
  } else if (issue.code === 'too_small') {
    report(path, `${fieldAt(path)} is empty: name at least one, or leave it out`);
  } else {
    report(path, `${fieldAt(path)}: ${issue.message}`);
  }
}

/** Returns what is wrong with the alternative that was meant: the one of the given type, else the first. */
function branchOf({ errors }: z.core.$ZodIssueInvalidUnion): readonly Issue[] {
  const isOfType = (issues: readonly Issue[]): boolean =>
    !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
  return errors.find(isOfType) ?? errors[0] ?? [];
}

function describeType(path: readonly PropertyKey[], expected: string, given: unknown): string {
  const wanted = WHAT[expected] ?? expected;
  if (path.length === 0) return `the file holds ${typeOf(given)}, not targets, groups and rules`;
  if (given === undefined) return `${fieldAt(path)} is missing`;
  const quotes = expected === 'string' && isPlain(given) ? '; put it in quotes' : '';
  return `${fieldAt(path)} must be ${wanted}, not ${typeOf(given)}${quotes}`;
}

function isPlain(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

function typeOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string'
    ? JSON.stringify(value.slice(0, 80))
    : `the ${typeof value} ${JSON.stringify(value)}`;
}

/** `source`, `tags.include[1]`, `acme.repository`: from the rule or target on. */
function fieldAt(path: readonly PropertyKey[]): string {
  const above = path[0] === 'rules' ? 2 : 1;
  const [first, ...others] = path.length > above ? path.slice(above) : path;
  const steps = others.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return `\`${String(first)}${steps.join('')}\``;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[key],
    value,
  );
}
