import type * as z from 'zod';
import type { Clause, FindProblems, SingleMatch, Signers } from './clause';
import { after } from './clauses/after';
import { as } from './clauses/as';
import { attachments } from './clauses/attachments';
import { immutable } from './clauses/immutable';
import { override } from './clauses/override';
import { path } from './clauses/path';
import { platforms } from './clauses/platforms';
import { requirements } from './clauses/require';
import { rewriteImages } from './clauses/rewrite-images';
import { source } from './clauses/source';
import { tags } from './clauses/tags';
import { meet } from '../text/meet';
import type { Steps } from '../text/steps';
import type { RuleKind, RuleKinds } from './kind';

/** The clauses of a rule, in the order in which they are written, asked and explained. */
const CLAUSES = {
  source,
  path,
  tags,
  platforms,
  immutable,
  attachments,
  after,
  require: requirements,
  override,
  rewriteImages,
  as,
};

type Table = typeof CLAUSES;
/** All that the members of a union have; each in a box, as one may be a union itself. */
type All<Boxed> = (Boxed extends unknown ? (one: Boxed) => void : never) extends (
  all: infer Together extends { readonly in: unknown },
) => void
  ? Together['in']
  : never;

/** What the clauses compile to: the fields of a rule. */
export type ClauseFields = All<
  { [Name in keyof Table]: { readonly in: ReturnType<Table[Name]['compile']> } }[keyof Table]
>;
type ClauseKeys = All<
  { [Name in keyof Table]: { readonly in: ReturnType<Table[Name]['keys']> } }[keyof Table]
>;
type ClauseInput = z.output<z.ZodObject<ClauseKeys>>;

/** A clause, whichever it is: of a rule it takes what is its own. */
type AnyClause = Pick<
  Clause<z.ZodRawShape, ClauseFields>,
  'keys' | 'about' | 'selects' | 'decides' | 'says' | 'alters' | 'awaits' | 'note'
> & {
  readonly compile: (input: ClauseInput, kind: RuleKind, signers: Signers) => object;
  readonly problems: null | FindProblems<ClauseInput>;
};

const entries = Object.entries<AnyClause>(CLAUSES);

/** The table, for who asks every clause alike. */
export const clauses = entries.map(([name, clause]) => ({ ...clause, name }));

/** Those of them that tell artifacts apart. */
export const selections = entries.flatMap(([, { selects }]) => selects ?? []);

/** Those of them that tell artifacts apart by the path or by the tag, with what they say. */
function selecting(what: 'path' | 'tag') {
  return entries.flatMap(([, { selects, says }]) =>
    selects?.by === what ? [{ ...selects, says }] : [],
  );
}

const SELECTING = { path: selecting('path'), tag: selecting('tag') };

/** Returns what the paths or tags may be that a rule lets pass: nothing is left out, and the matcher decides. */
export function patternsOf(rule: ClauseFields, what: 'path' | 'tag'): readonly Steps[] {
  const [first = [], ...others] = SELECTING[what].map(({ patterns }) => patterns(rule));
  return others.reduce(
    (met, more) =>
      met.flatMap((one) =>
        more.flatMap((other) => {
          const both = meet(one, other);
          return both === undefined ? [] : [both];
        }),
      ),
    first,
  );
}

/** Returns what a rule says about paths or tags, as plain data: rules that say the same let the same pass. */
export function sayingOf(rule: ClauseFields, what: 'path' | 'tag'): unknown[] {
  return SELECTING[what].map(({ says }) => says(rule));
}

/** The keys of a rule that its clauses read. */
export function clauseKeys(kinds: RuleKinds): ClauseKeys {
  return Object.assign({}, ...clauses.map(({ keys }) => keys(kinds))) as ClauseKeys;
}

/** The keys that say nothing about a kind, and why. */
export function senselessKeys(kinds: RuleKinds, kind: RuleKind): [keyof ClauseKeys, string][] {
  return clauses.flatMap(({ keys, about }) =>
    Object.keys(keys(kinds)).flatMap((key): [keyof ClauseKeys, string][] => {
      const why = about(kind, key, kinds);
      return why === true ? [] : [[key as keyof ClauseKeys, why]];
    }),
  );
}

/** The keys by which a rule about a kind can be kept from writing what another writes. */
export function narrowingKeys(kinds: RuleKinds, kind: RuleKind): string[] {
  return clauses.flatMap(({ keys, about, decides, selects }) =>
    decides !== 'which' || selects?.by === 'source'
      ? []
      : Object.keys(keys(kinds)).filter((key) => about(kind, key, kinds) === true),
  );
}

/** Compiles what stands in a rule. */
export function compileClauses(input: ClauseInput, kind: RuleKind, signers: Signers): ClauseFields {
  const fields = clauses.map(({ compile }) => compile(input, kind, signers));
  return Object.assign({}, ...fields) as ClauseFields;
}

/** The one path and the one tag that a rule lets pass, where there is but one. */
export function onlyOf(rule: ClauseFields): SingleMatch {
  const [path, tag] = [SELECTING.path, SELECTING.tag].map((some) =>
    some.map(({ only }) => only(rule)).find((text) => text !== undefined),
  );
  return { path, tag };
}

/** What the releases of a rule wait for, in short. */
export function awaitedBy(rule: ClauseFields): string[] {
  return clauses.flatMap(({ awaits }) => awaits?.(rule) ?? []);
}

/** Whether what arrives by a rule has another digest than what was taken. */
export function isAltering(rule: ClauseFields): boolean {
  return clauses.some(({ alters }) => alters?.(rule) ?? false);
}
