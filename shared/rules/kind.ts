import type { ObjectReference } from '../kinds/object/reference';
import type { Reference, RepositoryName } from '../oci/reference';
import type { Artifact, Kind } from './artifact';
import type { Grammar } from './glob';
import type { BucketPlace, Place } from './place';

/** Where a customer takes what is released to it: each kind has a key of its own. */
export interface Places {
  /** Where images go. */
  readonly repository?: RepositoryName;
  /** Where pipeline templates go. */
  readonly templates?: RepositoryName;
  /** Where objects go. */
  readonly bucket?: BucketPlace;
}

/** A rule's source: its form tells what the rule is about. */
export type Source =
  | { readonly kind: 'image' | 'template'; readonly source: RepositoryName }
  | { readonly kind: 'object'; readonly source: BucketPlace };

/** What is copied, and what it becomes. */
export type Ends =
  | {
      readonly kind: 'image' | 'template';
      readonly source: Reference;
      readonly destination: Reference;
    }
  | {
      readonly kind: 'object';
      readonly source: ObjectReference;
      readonly destination: ObjectReference;
    };

/** What artifacts of a kind may have; a clause says which of these it is about. */
export type Trait = 'tag' | 'platforms' | 'attachments' | 'naming';

/** What the rules ask of each kind of artifact. Pure, and without requests: the cold start of every function pays for it. */
export interface RuleKind {
  readonly name: Kind;
  /** In sentences: `pipeline templates`. */
  readonly plural: string;
  /** How the places of its artifacts begin, where nothing else begins so. */
  readonly origin?: string;
  /** `true`, or why not, for people. */
  readonly has: Readonly<Record<Trait, true | string>>;
  readonly place: PlaceRules;
  readonly paths: PathRules;
  /** What is wrong with the path of an `as`, of which `path` is an example, beside its placeholders. */
  readonly namingProblem: (path: string) => string | undefined;
  /** What lies at a path below a source, or undefined when nothing could. */
  readonly artifactAt: (source: Place, path: string) => Artifact | undefined;
  /** An artifact on its way to a path (and tag) below a place; undefined where nothing could have the name. */
  readonly copyTo: (source: Artifact, place: Place, path: string, tag?: string) => Ends | undefined;
  /** What may surprise about a rule and a target. Follows the name of the rule in a sentence. */
  readonly note?: (source: Place, target: Receiver) => string | undefined;
}

/** Its key of a target. */
interface PlaceRules {
  readonly key: keyof Places;
  readonly description: string;
  readonly examples: readonly string[];
  /** True for what can only be meant for a place of this kind. The first kind of the table takes what none recognizes. */
  readonly recognizes: (text: string) => boolean;
  /** Why a text is no place of this kind; undefined when it is one. */
  readonly problem: (text: string) => string | undefined;
  /** Reads what `problem` finds right. */
  readonly parse: (text: string) => Source;
  /** A target's share of it. */
  readonly compile: (text: string) => Places;
  readonly at: (target: Places) => Place | undefined;
}

/** Its key of a rule: globs for the paths below the source. */
interface PathRules {
  readonly key: 'images' | 'templates' | 'objects';
  readonly description: string;
  readonly examples: readonly string[];
  /** The glob of a rule that says none. */
  readonly all: string;
  readonly grammar: Grammar;
  /** Whether something can lie at a path below a source; the path is empty for what has the source's own name. */
  readonly mayBe: (path: string) => boolean;
  /** Why an artifact goes nowhere, whatever a rule's globs say. */
  readonly refusal: (artifact: Artifact) => string | undefined;
}

interface Receiver {
  readonly name: string;
  readonly impersonate?: string;
}

/** One answer for each kind, in the order in which they are told. */
export type RuleKinds = Readonly<Record<Kind, RuleKind>>;

/** What a place holds, by its form. */
export function kindOfPlace(kinds: RuleKinds, text: string): RuleKind {
  const all = Object.values(kinds);
  const [first] = all;
  const found = all.find(({ place }) => place.recognizes(text)) ?? first;
  if (found === undefined) throw new Error('There is no kind of artifact.');
  return found;
}

/** Why a text is no place for artifacts of this kind; undefined when it is one. */
export function placeProblem(kinds: RuleKinds, kind: RuleKind, text: string): string | undefined {
  const other = Object.values(kinds).find((one) => one !== kind && one.place.recognizes(text));
  if (other === undefined) return kind.place.problem(text);
  const quoted = JSON.stringify(text);
  return `${quoted} is a place for ${other.name}s, which a target names as \`${other.place.key}\``;
}
