import * as z from 'zod';
import { describeIssue } from './issues';
import type { RulesDocument } from './document';
import type { Report } from './report';
import type { RuleInput, RulesSchema, TargetInput } from './schema';
import type { SignerInput } from './signer-schema';

/** What can be made of the file, so that one mistake does not hide the next. */
export interface Draft {
  readonly targets: ReadonlyMap<string, Part<TargetInput>>;
  readonly signers: ReadonlyMap<string, Part<SignerInput>>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly rules: readonly Part<RuleInput>[];
}

/** A rule or target of the file. */
export interface Part<Input> {
  /** The fields that are right by themselves. */
  readonly fields: Partial<Input>;
  /** As it stands in the file, whatever it is. */
  readonly written: unknown;
  /** All of it, when all is right. */
  readonly whole?: Input;
}

const Names = z.array(z.string());

/** Judges a document by the schema; reports what does not fit and goes on with what does. */
export function draftRules(schema: RulesSchema, document: RulesDocument, report: Report): Draft {
  const parsed = schema.file.safeParse(document.value);
  if (parsed.success) {
    const { targets, signers, groups, rules } = parsed.data;
    return {
      targets: mapEach(targets, partOf),
      signers: mapEach(signers, partOf),
      groups: mapEach(groups, (members) => members),
      rules: rules.map(partOf),
    };
  }
  for (const issue of parsed.error.issues) describeIssue(schema, issue, document.value, report);
  const { targets, signers, groups, rules } = asRecord(document.value);
  return {
    targets: mapEach(asRecord(targets), (target) => salvage(schema.target, target)),
    signers: mapEach(asRecord(signers), (signer) => salvage(schema.signer, signer)),
    groups: mapEach(asRecord(groups), (members) => Names.safeParse(members).data ?? []),
    rules: Array.isArray(rules) ? rules.map((rule) => salvage(schema.rule, rule)) : [],
  };
}

function mapEach<From, To>(
  named: Readonly<Record<string, From>>,
  convert: (one: From) => To,
): Map<string, To> {
  return new Map(Object.entries(named).map(([name, one]) => [name, convert(one)]));
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
