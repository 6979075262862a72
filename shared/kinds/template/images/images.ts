import { UncopyableError } from '../../../copying/errors';
import { digestOf, type Digest } from '../../../oci/digest';
import { formatReference, referenceTo } from '../../../oci/reference';
import type { TemplatePackage } from '../package';
import type { ImageNaming, TargetImage } from './at-target';
import { readPipeline, renameImages, UnreadablePipelineError, type Pipeline } from './pipeline';

export {
  DEFAULT_TAG,
  hasImage,
  notesOnOthers,
  notesOnPlain,
  whyHeld,
  type ImageNaming,
  type TargetImage,
} from './at-target';
export type { Pipeline } from './pipeline';

/** A version of a template as it is at one target. */
interface RenamedTemplate {
  /** Of the new bytes: the same input always makes the same. */
  readonly version: Digest;
  readonly bytes: Buffer;
  /** The images that it names and that are released to the target, as they are called there. */
  readonly images: readonly TargetImage[];
  /** The images that no rule releases there; they keep their names. */
  readonly others: readonly string[];
}

/** A template in which each image of an executor that is released to the target has the name that it has there. */
export function renameTemplate(
  pipeline: Pipeline,
  { nameOf }: Pick<ImageNaming, 'nameOf'>,
): RenamedTemplate {
  const names = [...new Set(pipeline.images.map(({ name }) => name))];
  const there = new Map(names.map((name) => [name, nameOf(name)]));
  const renamed = renameImages(pipeline, (name) => {
    const image = there.get(name);
    return image && formatReference(image);
  });
  const bytes = Buffer.from(renamed);
  return {
    version: digestOf(bytes),
    bytes,
    images: [...there.values()].filter((image) => image !== undefined),
    others: names.filter((name) => there.get(name) === undefined),
  };
}

/**
 * @throws {UncopyableError} for a text that is no pipeline: what it names cannot be known, and `why` says why that
 * matters.
 */
export function pipelineIn(
  reference: string,
  bytes: Uint8Array,
  why = 'its images are to be renamed, and',
): Pipeline {
  try {
    return readPipeline(bytes);
  } catch (error) {
    if (!(error instanceof UnreadablePipelineError)) throw error;
    const problem = `${why} ${error.message}`;
    throw new UncopyableError(reference, problem, { cause: error });
  }
}

/** A source whose versions are read as they are to be at one target. */
interface RenamedPackage extends TemplatePackage {
  /** What a version of the source is there. */
  readonly rename: (version: Digest) => Promise<RenamedTemplate>;
  /** The same by its version there, for those that were renamed here. */
  readonly renamed: (version: Digest) => RenamedTemplate | undefined;
}

/**
 * The same package, except that its tags hold the versions that a target is to have, so that code that follows a tag needs
 * to know nothing of the renaming. Each version is downloaded once.
 */
export function renamedAtTarget(
  source: TemplatePackage,
  download: (version: Digest) => Promise<Uint8Array>,
  naming: Pick<ImageNaming, 'nameOf'>,
): RenamedPackage {
  const bySource = new Map<Digest, RenamedTemplate>();
  const byVersion = new Map<Digest, RenamedTemplate & { readonly from: Digest }>();

  async function rename(version: Digest): Promise<RenamedTemplate> {
    const known = bySource.get(version);
    if (known) return known;
    const pipeline = pipelineIn(referenceTo(source, version), await download(version));
    const renamed = renameTemplate(pipeline, naming);
    bySource.set(version, renamed);
    byVersion.set(renamed.version, { ...renamed, from: version });
    return renamed;
  }

  return {
    ...source,
    rename,
    renamed: (version) => byVersion.get(version),
    async readTag(tag) {
      const version = await source.readTag(tag);
      return version && (await rename(version)).version;
    },
    readDescription: (version) => source.readDescription(byVersion.get(version)?.from ?? version),
    download: async (version) => byVersion.get(version)?.bytes ?? source.download(version),
  };
}
