import type { Content } from '../../../local/servers/buckets/store';
import type { Image } from '../../../local/images/content';
import type { Digest } from '../../../shared/oci/digest';

/** What somebody does at the vendor's, at a customer's or to a topic. `at`: milliseconds since the simulation began. */
export type Move = ImagePush | Untag | Upload | Retag | Put | Description | Removal | Note | Loss;

/** An image, an index or an attachment is pushed: by its tag, or by digest alone. */
export interface ImagePush {
  readonly kind: 'push';
  readonly at: number;
  /** Below the vendor's repository: `api`, `workers/mail`. */
  readonly image: string;
  readonly tag?: string;
  readonly content: Image;
  /** The digest that it is attached to. */
  readonly subject?: string;
  /** It is the signature that rules ask for of its subject. */
  readonly proves?: true;
  /** It says who may let its subject pass, and travels nowhere. */
  readonly stays?: true;
  /** It halts the release of its subject. */
  readonly halts?: true;
  /** The halts of its subject that it lifts. */
  readonly lifts?: readonly string[];
  /** It is the list of what is attached to that. */
  readonly isList?: true;
}

/** A tag is deleted. */
export interface Untag {
  readonly kind: 'untag';
  readonly at: number;
  readonly image: string;
  readonly tag: string;
}

/** A template is uploaded. */
export interface Upload {
  readonly kind: 'upload';
  readonly at: number;
  readonly package: string;
  readonly bytes: Buffer;
  readonly tags: readonly string[];
  /** The vendor's image that it names: `api:v1`. */
  readonly image?: string;
}

/** A tag of a template is set to a version that is there. */
export interface Retag {
  readonly kind: 'retag';
  /** It is a new tag. */
  readonly isNew?: true;
  readonly at: number;
  readonly package: string;
  readonly tag: string;
  readonly version: Digest;
}

/** An object is written. */
export interface Put {
  readonly kind: 'put';
  readonly at: number;
  readonly name: string;
  readonly content: Content;
  /** Its content type. */
  readonly says: string;
}

/** What an object says about itself is changed, and nothing else. */
export interface Description {
  readonly kind: 'description';
  readonly at: number;
  readonly name: string;
  readonly says: string;
}

/** An object is deleted. */
export interface Removal {
  readonly kind: 'removal';
  readonly at: number;
  readonly name: string;
}

/** A message that somebody publishes, or forges. */
export interface Note {
  readonly kind: 'message';
  readonly at: number;
  readonly topic: 'gcr' | 'template-uploads' | 'object-changes' | 'copy-jobs';
  readonly data: string;
  /** It ends as a dead letter for this reason, so many times the grace period after it was published. */
  readonly letter?: { readonly reason: string; readonly graces: number };
}

/** A customer's registry loses a manifest that belongs to a tag: somebody has deleted it there. */
export interface Loss {
  readonly kind: 'loss';
  readonly at: number;
  readonly customer: string;
  readonly image: string;
  readonly tag: string;
  readonly digest: string;
}
