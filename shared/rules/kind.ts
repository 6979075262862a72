import type { Artifact, Forms, KindName, Place, ReferenceKind } from './artifact';
import { defaultKindOf } from './artifact';
import type { Grammar } from '../text/glob';

/** Where a customer takes what is released to it: each kind has a key of its own. */
export type Places = { readonly [K in KindName as Forms[K]['placeKey']]?: Place<K> };

/** A rule's source: its form decides the kind of the rule. */
export type Source = {
  [K in KindName]: { readonly kind: K; readonly source: Place<K> };
}[KindName];

/** What is copied, and what it becomes. */
export type Ends<K extends KindName = KindName> = {
  [One in K]: {
    readonly kind: One;
    readonly source: Artifact<One>;
    readonly destination: Artifact<One>;
  };
}[K];

/** What artifacts of a kind may have; a clause says which of these it is about. */
export type Trait = 'tag' | 'platforms' | 'attachments' | 'statements' | 'images' | 'naming';

/** What the rules ask of each kind of artifact. Pure, and without requests: the cold start of every function pays for it. */
export interface RuleKind<K extends KindName = KindName> {
  readonly name: K;
  /** In sentences: `pipeline templates`. */
  readonly plural: string;
  /** How the places of its artifacts begin, where nothing else begins so. */
  readonly origin?: string;
  readonly reference: ReferenceKind<K>;
  /** What its content names, to be had where it is used. */
  readonly names?: KindName;
  /** `true`, or why not, for people. */
  readonly has: Readonly<Record<Trait, true | string>>;
  readonly place: PlaceRules<K>;
  readonly paths: PathRules<K>;
  /** Returns the problem of the path of an `as` (`path` is an example), except that of its placeholders. */
  readonly namingProblem: (path: string) => string | undefined;
  /** What lies at a path below a source, or undefined when nothing could. */
  artifactAt(source: Place<K>, path: string): Artifact<K> | undefined;
  /** What an artifact becomes at a path (and tag) below a place; undefined where nothing could have the name. */
  destinationAt(place: Place<K>, path: string, tag?: string): Artifact<K> | undefined;
  /** What may surprise about a rule and a target. Follows the name of the rule in a sentence. */
  note?(source: Place<K>, target: Receiver): string | undefined;
}

/** Its key of a target. */
interface PlaceRules<K extends KindName> {
  readonly key: Forms[K]['placeKey'];
  readonly description: string;
  readonly examples: readonly string[];
  /** Why a text is no place of this kind; undefined when it is one. */
  readonly problem: (text: string) => string | undefined;
  /** The same of a customer's place, where more has to be said. */
  readonly problemAsTarget?: (text: string) => string | undefined;
  /** Reads what `problem` finds right. */
  readonly parse: (text: string) => Place<K>;
}

/** Its key of a rule: globs for the paths below the source. */
interface PathRules<K extends KindName> {
  readonly key: Forms[K]['pathKey'];
  readonly description: string;
  readonly examples: readonly string[];
  /** The glob of a rule that says none. */
  readonly all: string;
  readonly grammar: Grammar;
  /** Names may be anything: a glob of this kind may hold what no other takes. */
  readonly anyName?: true;
  /** Whether a path begins like a full name of something elsewhere, as `gcr.io/` does. */
  readonly isElsewhere?: (path: string) => boolean;
  /** Whether something can lie at a path below a source; the path is empty for what has the source's own name. */
  readonly mayBe: (path: string) => boolean;
  /** Why an artifact goes nowhere, whatever a rule's globs say. */
  readonly refusal: (artifact: Artifact) => string | undefined;
}

interface Receiver extends Places {
  readonly name: string;
  readonly impersonate?: string;
}

/** One result per kind, in the order of reports. */
export type RuleKinds = { readonly [K in KindName]: RuleKind<K> };

/** Where a target takes artifacts of a kind. */
export function placeAt(target: Places, { place }: RuleKind): Place | undefined {
  return target[place.key];
}

/** What a place holds, by its form. */
export function kindOfPlace(kinds: RuleKinds, text: string): RuleKind {
  const all: readonly RuleKind[] = Object.values(kinds);
  return all.find(({ reference }) => reference.recognizes?.(text)) ?? kinds[defaultKindOf(kinds)];
}

/** Why a text is no place for artifacts of this kind; undefined when it is one. */
export function placeProblem(kinds: RuleKinds, kind: RuleKind, text: string): string | undefined {
  const other = kindOfPlace(kinds, text);
  // What nothing recognizes may be meant for this kind, and be wrong.
  const isOthers = other.reference.recognizes !== undefined || !other.place.problem(text);
  if (other === kind || !isOthers) return kind.place.problem(text);
  const quoted = JSON.stringify(text);
  return `${quoted} is a place for ${other.name}s, which a target names as \`${other.place.key}\``;
}
