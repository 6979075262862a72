import type { Reference } from '../../../oci/reference';

/** An image as it is at a target. */
export interface TargetImage extends Reference {
  /** It is named by a digest, and its rule selects platforms: an index gets another digest there. */
  readonly isAltered?: true;
}

/** What the images of a template are at one target. */
export interface ImageNaming {
  /** The target, for people. */
  readonly target: string;
  /** What an image is called there, by the present rules alone; undefined: it is not released there. */
  readonly nameOf: (image: string) => TargetImage | undefined;
  /** True for an image of a source that the rules release from, to whomever. */
  readonly isOurs: (image: string) => boolean;
  /** Whether the target has it. */
  readonly isThere: (image: Reference) => Promise<boolean>;
}
