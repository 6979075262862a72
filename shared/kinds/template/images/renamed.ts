import { UncopyableError } from '../../../copying/errors';
import { digestOf, type Digest } from '../../../oci/digest';
import { formatReference, referenceTo } from '../../../oci/reference';
import type { TemplatePackage } from '../package';
import type { ImageNaming, ImageThere } from './naming';
import { readPipeline, renameImages, UnreadablePipelineError, type Pipeline } from './pipeline';

/** A version of a template as it is at one target. */
export interface RenamedTemplate {
  /** Of the new bytes: the same input always makes the same. */
  readonly version: Digest;
  readonly bytes: Buffer;
  /** What it names that is released to the target, as there. */
  readonly images: readonly ImageThere[];
  /** What no rule releases there, and stays as it was. */
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

/** @throws {UncopyableError} for a text that is no pipeline, after `why` that matters: what it names cannot be known. */
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
export interface RenamedPackage extends TemplatePackage {
  /** What a version of the source is there. */
  readonly rename: (version: Digest) => Promise<RenamedTemplate>;
  /** The same by the version that it has there; of what was read here. */
  readonly renamed: (version: Digest) => RenamedTemplate | undefined;
}

/**
 * The same package, of which a tag holds the version that a target is to have: so whatever follows a tag follows what it
 * comes to there. Each version is downloaded once.
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
