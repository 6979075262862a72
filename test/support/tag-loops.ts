import { createCopyCaches, type CopyCaches } from '../../shared/copying/caches';
import { copyImage } from '../../shared/kinds/image/copy';
import type { CopyOptions } from '../../shared/kinds/image/copy-context';
import { emptyTraffic } from '../../shared/oci/http/traffic';
import type { Platform } from '../../shared/oci/descriptor';
import { digestOf, type Digest } from '../../shared/oci/digest';
import { fallbackTag } from '../../shared/oci/digest-tag';
import { parseManifest, type Manifest } from '../../shared/oci/manifest';
import { OCI_IMAGE, OCI_INDEX } from '../../shared/oci/media-types';
import type { Repository } from '../../shared/oci/repository';
import type { KindName } from '../../shared/rules/artifact';
import { system } from '../../shared/system/system';
import { formatReference, parseReference } from '../../shared/oci/reference';
import { copyTemplate } from '../../shared/kinds/template/copy';
import type { ImageOptions } from '../../shared/kinds/template/copy-context';
import type { TemplatePackage } from '../../shared/kinds/template/package';

/** What a copy does to the tags at both ends; they hold names, each of which stands for content of its own. */
export interface TagEnds {
  readonly readSource: () => Promise<string>;
  readonly readTarget: () => Promise<string | undefined>;
  readonly write: (name: string) => Promise<void>;
}

/** One job for one tag, in a process of its own. */
export type TagLoop = (ends: TagEnds) => Promise<unknown>;

/**
 * Every loop of the product that makes one tag what another is; `null` for a kind without tags. All that a loop asks for but
 * the tags is there, at once.
 */
export const TAG_LOOPS: Readonly<
  Record<KindName, readonly (readonly [name: string, loop: TagLoop])[] | null>
> = {
  image: [
    ['an image', (ends) => copyBetween(ends, { attachments: false })],
    ['an image and what is attached to it', (ends) => copyBetween(ends, { attachments: true })],
    [
      'one platform of an image',
      (ends) => copyBetween(ends, { attachments: false, platforms: [AMD64] }),
    ],
    [
      'an attachment at a digest tag',
      (ends) => copyBetween(ends, { attachments: true }, DIGEST_TAG),
    ],
  ],
  template: [
    ['a template', (ends) => copyTemplateBetween(ends)],
    ['a template whose images are renamed', (ends) => copyTemplateBetween(ends, IMAGES)],
  ],
  object: null,
};

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };
const digestFor = (name: string): Digest => digestOf(Buffer.from(name));
const DIGEST_TAG = `${fallbackTag(digestFor('subject'))}.sig`;

const indexes = new Map<string, Manifest>();

/** An index of its own for each name; made once, since the model asks for it some hundred thousand times. */
function indexFor(name: string, platforms = [AMD64, ARM64]): Manifest {
  const key = `${name} ${platforms.length}`;
  const index = indexes.get(key) ?? makeIndex(name, platforms);
  indexes.set(key, index);
  return index;
}

function makeIndex(name: string, platforms: readonly Platform[]): Manifest {
  const manifests = platforms.map((platform) => ({
    mediaType: OCI_IMAGE,
    digest: digestFor(`${name} for ${platform.architecture}`),
    size: 1,
    platform,
  }));
  const annotations = { name };
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests, annotations };
  return parseManifest(Buffer.from(JSON.stringify(index)), OCI_INDEX);
}

async function copyBetween(
  ends: TagEnds,
  options: Pick<CopyOptions, 'attachments' | 'platforms'>,
  lateTag?: string,
): Promise<void> {
  const tag = lateTag ?? 'v1';
  const caches = createCopyCaches(system.clock);
  await copyImage({
    source: sourceOf(tag, ends, caches),
    target: targetOf(tag, ends, options.platforms),
    tag,
    ...(lateTag === undefined && { destinationTag: tag }),
    options: { immutable: false, repair: false, blobConcurrency: 1, ...options },
    caches,
    traffic: emptyTraffic(),
    ...system,
  });
}

const unexpected = (): never => {
  throw new Error('nothing but tags is to be copied');
};
const NO_CONTENT: Repository = {
  registry: 'registry.example.com',
  repository: 'vendor/api',
  headManifest: unexpected,
  getManifest: unexpected,
  putManifest: unexpected,
  hasBlob: unexpected,
  getBlob: unexpected,
  mountOrStartUpload: unexpected,
  startUpload: unexpected,
  mayUpload: unexpected,
  listReferrers: () => Promise.resolve([]),
  listTags: () => Promise.resolve([]),
};

/** What its tag is found to hold is remembered at once, so that no manifest is read by the tag a second time. */
function sourceOf(tag: string, { readSource }: TagEnds, { manifests }: CopyCaches): Repository {
  const read = async (reference: string) => {
    if (reference !== tag) return unexpected();
    const manifest = indexFor(await readSource());
    manifests.add(NO_CONTENT, manifest);
    return manifest;
  };
  return {
    ...NO_CONTENT,
    headManifest: async (reference) => (await read(reference)).descriptor,
    getManifest: read,
  };
}

function targetOf(
  tag: string,
  { readTarget, write }: TagEnds,
  platforms: CopyOptions['platforms'],
): Repository {
  return {
    ...NO_CONTENT,
    repository: 'acme/vendor/api',
    async headManifest(reference) {
      if (reference !== tag) return indexFor(reference).descriptor;
      const name = await readTarget();
      return name === undefined ? undefined : indexFor(name, platforms && [AMD64]).descriptor;
    },
    async putManifest({ annotations }, reference) {
      if (reference === tag) await write(annotations?.['name'] ?? 'unnamed');
    },
  };
}

/** What is tagged `x` at the source is another version at the target, for the image in it has another name there. */
const IMAGES: ImageOptions = {
  rewrite: true,
  target: 'acme',
  nameOf: (name) => parseReference(name.replace('gcr.io/vendor/', 'gcr.io/acme/')),
  isOurs: () => true,
  isThere: () => Promise.resolve(true),
};
const templateOf = (name: string, images?: ImageOptions): string => {
  const image = images ? formatReference(images.nameOf(`gcr.io/vendor/x:${name}`)!) : name;
  return `deploymentSpec: {executors: {e: {container: {image: ${image}}}}}`;
};

async function copyTemplateBetween(ends: TagEnds, images?: ImageOptions): Promise<void> {
  /** By version: the name that a tag holds, and the text. */
  const known = new Map<Digest, { readonly name: string; readonly text: string }>();
  const versionOf = (name: string, text: string): Digest => {
    const version = digestFor(text);
    known.set(version, { name, text });
    return version;
  };
  const write = async (_tag: string, version: Digest): Promise<boolean> => {
    await ends.write(known.get(version)?.name ?? 'unnamed');
    return true;
  };
  const source: TemplatePackage = {
    registry: 'us-kfp.pkg.dev',
    repository: 'vendor/pipelines/train',
    async readTag() {
      const name = await ends.readSource();
      versionOf(name, templateOf(name, images));
      return versionOf(name, templateOf(images ? `gcr.io/vendor/x:${name}` : name));
    },
    hasVersion: () => Promise.resolve(true),
    readDescription: unexpected,
    download: (version) =>
      images ? Promise.resolve(Buffer.from(known.get(version)?.text ?? '')) : unexpected(),
    upload: unexpected,
    createTag: write,
    moveTag: write,
  };
  const target: TemplatePackage = {
    ...source,
    async readTag() {
      const name = await ends.readTarget();
      return name === undefined ? undefined : versionOf(name, templateOf(name, images));
    },
  };
  await copyTemplate({
    source,
    target,
    tag: 'v1',
    options: { immutable: false, images },
    caches: createCopyCaches(system.clock),
    traffic: emptyTraffic(),
    clock: system.clock,
  });
}
