/**
 * The types of each kind of artifact. Nothing here names a kind: its own folder adds its line
 * (`shared/kinds/<kind>/reference.ts`), and what then lacks a row for it does not compile.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the kinds fill it
export interface Forms {}

/** What of it each kind says. */
interface Form {
  /** What a source, a job or a destination names: an image with its tag, an object. */
  readonly artifact: object;
  /** What a rule releases from, or to: a repository or a path above several, a bucket or a folder in it. */
  readonly place: object;
  /** The key of a target that says where it takes them. */
  readonly placeKey: string;
  /** The key of a rule that says which of them. */
  readonly pathKey: string;
}

/** What is released: `image`, `template`, `object`. */
export type Kind = { [K in keyof Forms]: Forms[K] extends Form ? K : never }[keyof Forms];
export type Artifact<K extends Kind = Kind> = Forms[K]['artifact'];
export type Place<K extends Kind = Kind> = Forms[K]['place'];

/** What is asked of a kind about the names of its artifacts. Pure: every function's cold start pays for it. */
export interface ReferenceKind<K extends Kind = Kind> {
  /** True for a text that can only be meant for this kind, right or wrong. One kind has none, and takes all others. */
  readonly recognizes?: (text: string) => boolean;
  /** True for what has its form; of the kind that takes all else it is not asked. */
  owns?(named: Artifact | Place): boolean;
  /** How people write an artifact, in short: `gs://bucket/object`. */
  readonly form: string;
  /** Reads an artifact as people write it. @throws {InvalidReferenceError} */
  parse(text: string): Artifact<K>;
  format(artifact: Artifact<K>): string;
  /** The name without tag, digest and generation: an artifact's begins with that of its place. */
  nameOf(named: Artifact<K> | Place<K>): string;
  /** The path within its registry or bucket. */
  pathOf(named: Artifact<K> | Place<K>): string;
  /** The one name that stands for all names of a place, such as `gcr.io` and its Artifact Registry repository. */
  canonical(place: Place<K>): Place<K>;
  detailsOf(artifact: Artifact<K>): ArtifactDetails;
  /** What stays when its content changes: without digest and generation. */
  unpinned(artifact: Artifact<K>): Artifact<K>;
}

/** What is known of an artifact beside its name. */
export interface ArtifactDetails {
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
  /** It has neither tag, digest nor generation, so that it names no single release. */
  readonly isNameAlone: boolean;
  /** It is copied because its subject was, whatever tag that was copied by. */
  readonly isAttachment: boolean;
}

/** One answer for each kind; the first takes what none recognizes, and goes without saying in messages. */
export type ReferenceKinds = { readonly [K in Kind]: ReferenceKind<K> };

/** What can be asked about an artifact of whatever kind. */
export interface References {
  readonly kinds: readonly Kind[];
  /** The kind that takes what none recognizes. */
  readonly defaultKind: Kind;
  readonly kindOf: (named: Artifact | Place) => Kind;
  /** The kind that a text can only be meant for, by its form. */
  readonly kindOfText: (text: string) => Kind;
  readonly parse: (text: string) => Artifact;
  readonly format: (artifact: Artifact) => string;
  readonly nameOf: (named: Artifact | Place) => string;
  readonly pathOf: (named: Artifact | Place) => string;
  readonly detailsOf: (artifact: Artifact) => ArtifactDetails;
  readonly unpinned: (artifact: Artifact) => Artifact;
}

/** Finds the kind of what is asked about, and asks that. */
export function createReferences(table: ReferenceKinds): References {
  const kinds = Object.keys(table) as Kind[];
  const defaultKind = defaultKindOf(table);
  const kindWhere = (isIt: (kind: ReferenceKind) => boolean | undefined): Kind =>
    kinds.find((kind) => isIt(table[kind])) ?? defaultKind;
  const kindOf = (named: Artifact | Place): Kind => kindWhere((kind) => kind.owns?.(named));
  const kindOfText = (text: string): Kind => kindWhere((kind) => kind.recognizes?.(text));
  const of = (named: Artifact | Place): ReferenceKind => table[kindOf(named)];
  return {
    kinds,
    defaultKind,
    kindOf,
    kindOfText,
    parse: (text) => table[kindOfText(text)].parse(text),
    format: (artifact) => of(artifact).format(artifact),
    nameOf: (named) => of(named).nameOf(named),
    pathOf: (named) => of(named).pathOf(named),
    detailsOf: (artifact) => of(artifact).detailsOf(artifact),
    unpinned: (artifact) => of(artifact).unpinned(artifact),
  };
}

/** The kind that takes what none recognizes. */
export function defaultKindOf(table: Readonly<Record<Kind, unknown>>): Kind {
  const [first] = Object.keys(table) as Kind[];
  if (first === undefined) throw new Error('There is no kind of artifact.');
  return first;
}
