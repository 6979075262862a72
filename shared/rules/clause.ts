import * as z from 'zod';
import type { Signer } from '../statements/signers/signer';
import type { Artifact, KindName, ArtifactDetails } from './artifact';
import { InvalidGlobError, parseGlob, type Grammar } from '../text/glob';
import type { Steps } from '../text/steps';
import type { Places, RuleKind, RuleKinds } from './kind';

/**
 * A clause of a rule, whole: what may be written, and what it means to each part that asks the rules. Its functions get the
 * fields that it compiles to, and know nothing of other clauses. Every member is written; `null` says that it has none.
 */
export interface Clause<Shape extends z.ZodRawShape, Fields> {
  /** Its keys in a rule, each with its documentation: `description`, and one of `examples` that narrows or changes something. */
  readonly keys: (kinds: RuleKinds) => Shape;
  /** `true`, or why one of its keys says nothing about a kind of artifact. */
  readonly about: (kind: RuleKind, key: string, kinds: RuleKinds) => true | string;
  /** What a rule has of it, also where nothing is written. */
  readonly compile: (
    input: z.output<z.ZodObject<Shape>>,
    kind: RuleKind,
    signers: Signers,
  ) => Fields;
  /** What is wrong with it that its schema alone cannot tell, as it depends on the kind or on what else the file says. */
  readonly problems: null | FindProblems<z.output<z.ZodObject<Shape>>>;
  /** How it distinguishes artifacts; `null`: it passes all of them. */
  readonly selects: Selection<Fields> | null;
  readonly decides: Decision;
  /** What it says, as plain data: where two rules have the same, they say the same. */
  readonly says: (fields: Fields) => unknown;
  /** Whether what arrives has another digest than what was taken. */
  readonly alters: null | ((fields: Fields) => boolean);
  /** What a release waits for, in short, for `check` and `explain`. */
  readonly awaits: null | ((fields: Fields) => readonly string[]);
  /** What is allowed but may surprise, for `check`; follows the name of the rule in a sentence. */
  readonly note: null | ((fields: Fields, neighbours: Neighbours) => string | undefined);
}

/**
 * What a change of a clause changes, as `plan` shows it: which artifacts go where, or how they are released. Where several rules
 * give one destination, the first of them says how, or each of them counts.
 */
export type Decision = 'which' | 'how, by the first rule' | 'how, by every rule';

export type FindProblems<Input> = (
  input: Partial<Input>,
  kind: RuleKind,
  context: ParseContext,
) => readonly ClauseProblem[];

/** The rule of a clause, and what the others do. */
export interface Neighbours {
  readonly about: RuleKind;
  /** The names of the rule's targets. */
  readonly targets: readonly string[];
  /** The targets that are given artifacts of a kind, by whatever rule. */
  readonly receiving: (kind: KindName) => ReadonlySet<string>;
  /** Those of them that are given some with another digest than their source's. */
  readonly receivingAltered: (kind: KindName) => ReadonlySet<string>;
}

/** How a clause distinguishes artifacts. */
export type Selection<Fields> = Judging<Fields> &
  (
    | {
        /** What of an artifact it looks at; clauses come in this order. */
        readonly by: 'path' | 'tag';
        /** What it may let pass, nothing left out, and texts at the edges of it: by these rules are compared, and `admits` decides. */
        readonly patterns: (fields: Fields) => readonly Steps[];
        /** The one text that passes, when it is one by its name alone. */
        readonly only: (fields: Fields) => string | undefined;
      }
    | { readonly by: 'source' | 'subject' }
  );

interface Judging<Fields> {
  /** Whether it lets an artifact pass; undefined: it has no say, as where a rule says nothing of it. The last that has one gives the reason. */
  readonly admits: (fields: Fields, asked: Candidate) => boolean | undefined;
  /** What it has to say, for `explain`. */
  readonly why: (fields: Fields, asked: Candidate, kind: RuleKind) => string;
  /** Whether it surely lets all pass that the same clause of another rule does. */
  readonly covers: (fields: Fields, other: Fields) => boolean;
  /** What it lets pass, in short, for `check`; empty where that is not worth a word. */
  readonly summary: (fields: Fields) => string;
}

/** The context of a clause in the file. */
export interface ParseContext {
  /** The source of its rule, as it is shown. */
  readonly at: string;
  /** Where the rest of its rule is right. */
  readonly only?: SingleMatch;
  /** Those of its targets that are right themselves, where the rest of its rule is. */
  readonly targets?: readonly Places[];
}

/** The signers of the file, by name; undefined: one that is there, and wrong. */
export type Signers = ReadonlyMap<string, Signer | undefined>;

/** Something wrong with a clause, for people. */
export interface ClauseProblem {
  readonly message: string;
  /** Where, from its rule on: `['tags', 'include', 1]`. */
  readonly at: readonly PropertyKey[];
}

/** The one path and the one tag that a rule lets pass, where there is but one. */
export interface SingleMatch {
  readonly path?: string;
  readonly tag?: string;
}

/** An artifact, as the clauses of one rule see it. */
export interface Candidate extends ArtifactDetails {
  readonly artifact: Artifact;
  /** Its name without tag, digest and generation. */
  readonly name: string;
  /** Below the rule's source: empty for what has the source's own name, undefined for what is elsewhere. */
  readonly path: string | undefined;
}

/** Keeps the types of a clause apart: what it compiles to, and what it is asked with. */
export function defineClause<Shape extends z.ZodRawShape, Fields>(
  clause: Clause<Shape, Fields>,
): Clause<Shape, Fields> {
  return clause;
}

/** The schema of a text with a check of its own. */
export function checked(problemOf: (text: string) => string | undefined): z.ZodString {
  return z.string().superRefine((text, context) => {
    const problem = problemOf(text);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
}

/** The schema of a list of globs; errors beyond their form are reported first. */
export function globs(
  grammar: Grammar,
  problemOf: (text: string) => string | undefined = () => undefined,
): z.ZodArray<z.ZodString> {
  return z.array(checked((text) => problemOf(text) ?? globProblem(text, grammar))).min(1);
}

function globProblem(text: string, grammar: Grammar): string | undefined {
  try {
    parseGlob(text, grammar);
    return undefined;
  } catch (error) {
    if (!(error instanceof InvalidGlobError)) throw error;
    return `the glob ${JSON.stringify(text)} ${error.message}`;
  }
}
