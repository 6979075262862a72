import type { Digest } from '../oci/digest';
import type { Reference, RepositoryName } from '../oci/reference';
import { keysOf } from '../records';

/** What each kind of artifact is made of: this one table gives every other type its kinds. */
export interface Forms {
  readonly image: Form<'repository', 'images', Reference, RepositoryName, ListedTag>;
  readonly template: Form<'templates', 'templates', Reference, RepositoryName, ListedTag>;
  readonly object: Form<'bucket', 'objects', ObjectReference, BucketPlace, ListedObject>;
}

/**
 * `PlaceKey` is the key of a target that names its place, `PathKey` the key of a rule that selects by path. `Name` is an
 * artifact's name, `Place` holds artifacts, and `Listed` is what the list of a source adds to a name.
 */
interface Form<PlaceKey extends string, PathKey extends string, Name, Place, Listed> {
  readonly placeKey: PlaceKey;
  readonly pathKey: PathKey;
  readonly name: Name;
  readonly place: Place;
  readonly listed: Listed;
}

/** An object in a bucket of Cloud Storage, and which of its generations. */
export interface ObjectReference {
  readonly bucket: string;
  /** The object's name with all its slashes, never percent-encoded. */
  readonly name: string;
  /** Decimal text: a generation is a 64-bit number. Unset: the live one. */
  readonly generation?: string;
}

/** A bucket, or a folder in it. */
export interface BucketPlace {
  readonly bucket: string;
  /** Without a slash at its end: `models`; empty for the whole bucket. */
  readonly prefix: string;
}

interface ListedTag {
  readonly tag: string;
  /** Unset where a list gives names alone; the tag must then be read. */
  readonly digest?: Digest;
  /** Bytes, as far as the list says. */
  readonly size?: number;
  /** The images of an index. */
  readonly children?: readonly Digest[];
  readonly uploadedAt?: Date;
}

interface ListedObject {
  readonly generation: string;
  /** Base64; unset where the content is encrypted with a key of the uploader's or of Cloud KMS. Reading the object returns it. */
  readonly crc32c?: string;
  /** The digest of its metadata. */
  readonly description: string;
  /** Bytes. */
  readonly size: number;
  readonly uploadedAt?: Date;
}

/** What is released: `image`, `template`, `object`. */
export type KindName = keyof Forms;

/** What a source, a job or a destination names: an image with its tag, an object. Its kind is set where its name is parsed. */
export type Artifact<K extends KindName = KindName> = {
  [One in K]: Forms[One]['name'] & { readonly kind: One };
}[K];

/** What a rule releases from, or to: a repository or a path above several, a bucket or a folder in it. */
export type Place<K extends KindName = KindName> = Forms[K]['place'];

/** What the list of a source shows of one artifact. */
export type SourceRelease<K extends KindName = KindName> = {
  [One in K]: Artifact<One> & Forms[One]['listed'];
}[K];

/** What is asked of a kind about the names of its artifacts. Pure: every function's cold start pays for it. */
export interface ReferenceKind<K extends KindName = KindName> {
  /** True for a text that can only be meant for this kind, right or wrong. One kind has none, and takes all others. */
  readonly recognizes?: (text: string) => boolean;
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

/** The properties of an artifact other than its name. */
export interface ArtifactDetails {
  readonly tag?: string;
  readonly digest?: string;
  /** It has neither tag, digest nor generation, so that it names no single release. */
  readonly isNameAlone: boolean;
  /** It is copied because its subject was, whatever tag that was copied by. */
  readonly isAttachment: boolean;
}

/** The first takes what none recognizes, and goes without saying in messages. */
type ReferenceKinds = Readonly<Record<KindName, { readonly reference: ReferenceKind }>>;

/** What can be asked about an artifact of whatever kind. */
export interface References {
  readonly kinds: readonly KindName[];
  /** The kind that takes what none recognizes. */
  readonly defaultKind: KindName;
  /** The kind that a text can only be meant for, by its form. */
  readonly kindOfText: (text: string) => KindName;
  readonly parse: (text: string) => Artifact;
  readonly format: (artifact: Artifact) => string;
  readonly nameOf: (artifact: Artifact) => string;
  readonly pathOf: (artifact: Artifact) => string;
  readonly detailsOf: (artifact: Artifact) => ArtifactDetails;
  readonly unpinned: (artifact: Artifact) => Artifact;
}

/** Finds the kind of what is asked about, and asks that. */
export function createReferences(table: ReferenceKinds): References {
  const kinds = keysOf(table);
  const defaultKind = defaultKindOf(table);
  const kindOfText = (text: string): KindName =>
    kinds.find((kind) => table[kind].reference.recognizes?.(text)) ?? defaultKind;
  const of = ({ kind }: Artifact): ReferenceKind => table[kind].reference;
  return {
    kinds,
    defaultKind,
    kindOfText,
    parse: (text) => table[kindOfText(text)].reference.parse(text),
    format: (artifact) => of(artifact).format(artifact),
    nameOf: (artifact) => of(artifact).nameOf(artifact),
    pathOf: (artifact) => of(artifact).pathOf(artifact),
    detailsOf: (artifact) => of(artifact).detailsOf(artifact),
    unpinned: (artifact) => of(artifact).unpinned(artifact),
  };
}

/** The kind that takes what none recognizes. */
export function defaultKindOf(table: Readonly<Record<KindName, unknown>>): KindName {
  const [first] = keysOf(table);
  if (first === undefined) throw new Error('There is no kind of artifact.');
  return first;
}
