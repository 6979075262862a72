import { UncopyableError } from '../../../copying/errors';
import type { Platform, Descriptor } from '../../../oci/descriptor';
import type { Digest } from '../../../oci/digest';
import { type Manifest, DescriptorSchema, entryName, parseManifest } from '../../../oci/manifest';
import { isIndexType, isManifestType } from '../../../oci/media-types';
import { formatPlatform } from '../../../oci/platform';
import { referenceTo } from '../../../oci/reference';
import type { Repository } from '../../../oci/repository';
import type { Copying } from '../copy-context';
import { loadManifest, MAX_DEPTH } from '../manifests';
import { readPlatform, attestedDigest, isWanted } from './platforms';

export { readPlatform } from './platforms';

/** What the source's tag held at some moment, and what the target's tag is to hold for it: that itself, or a part. */
export interface Version extends Selection {
  readonly source: Manifest;
}

/**
 * Selects what is to be copied of `source`; where that is what `last` was made of, it is `last`.
 *
 * @throws {UncopyableError} when it has none of the wanted platforms.
 */
export async function selectVersion(
  copying: Copying,
  source: Manifest,
  last?: Version,
): Promise<Version> {
  const { digest } = source.descriptor;
  if (last?.source.descriptor.digest === digest) return last;
  const { platforms } = copying.options;
  if (!platforms) return { source, root: source, made: [], missing: [] };
  const selection = await selectPlatforms(source, platforms, {
    manifest: (descriptor) => loadManifest(copying, descriptor),
    platform: (image) => readPlatform(copying.source, image),
  });
  if (selection) return { ...selection, source };
  const wanted = platforms.map(formatPlatform).join(', ');
  const problem = `it has none of the wanted platforms (${wanted})`;
  throw new UncopyableError(referenceTo(copying.source, digest), problem);
}

/** What a target's tag is to hold when some platforms of a source image are copied. `undefined`: it has none of them. */
export async function selectedDigest(
  source: Pick<Repository, 'getManifest' | 'getBlob'>,
  digest: Digest,
  platforms: readonly Platform[],
): Promise<Digest | undefined> {
  const selection = await selectPlatforms(await source.getManifest(digest), platforms, {
    manifest: (descriptor) => source.getManifest(descriptor.digest),
    platform: (image) => readPlatform(source, image),
  });
  return selection?.root.descriptor.digest;
}

/** What a selection reads from the source. */
export interface SelectionReader {
  manifest(descriptor: Descriptor): Promise<Manifest>;
  /** The platform that the config of an image names; `undefined` for what is no image. */
  platform(image: Manifest): Promise<Platform | undefined>;
}

/** What is left of an image when some platforms are wanted. */
interface Selection {
  /** The source's own manifest where nothing had to go, else a new index. */
  readonly root: Manifest;
  /** The indexes that were made for this: the source does not have them. */
  readonly made: readonly Manifest[];
  /** The wanted platforms that the source does not have, for people. */
  readonly missing: readonly string[];
}

/**
 * Selects the children of `manifest` (of nested indexes too) that are for one of the `wanted` platforms, and the
 * attestations that belong to them. Everything else of an index stays as it was, so that the result is the same bytes
 * every time. `undefined`: none is wanted.
 *
 * @throws {UncopyableError} when indexes nest too deep; what `reader` throws.
 */
export async function selectPlatforms(
  manifest: Manifest,
  wanted: readonly Platform[],
  reader: SelectionReader,
): Promise<Selection | undefined> {
  const search: Search = { wanted, reader, found: [], made: [], indexes: new Map() };
  const root = isIndexType(manifest.descriptor.mediaType)
    ? await selectFromIndex(manifest, search, 0)
    : await selectImage(manifest, search);
  if (!root) return undefined;
  const missing = wanted
    .filter((one) => !search.found.some((platform) => isWanted(platform, [one])))
    .map(formatPlatform);
  return { root, made: search.made, missing };
}

interface Search {
  readonly wanted: readonly Platform[];
  readonly reader: SelectionReader;
  readonly found: Platform[];
  readonly made: Manifest[];
  /** What became of an index: others may name it again, each of them many times. */
  readonly indexes: Map<Digest, Manifest | undefined>;
}

async function selectImage(image: Manifest, search: Search): Promise<Manifest | undefined> {
  const platform = await search.reader.platform(image);
  if (!platform || !isWanted(platform, search.wanted)) return undefined;
  search.found.push(platform);
  return image;
}

async function selectFromIndex(
  index: Manifest,
  search: Search,
  depth: number,
): Promise<Manifest | undefined> {
  const { digest } = index.descriptor;
  if (depth > MAX_DEPTH) {
    throw new UncopyableError(digest, `it nests indexes more than ${MAX_DEPTH} deep`);
  }
  if (!search.indexes.has(digest)) {
    search.indexes.set(digest, await selectChildren(index, search, depth));
  }
  return search.indexes.get(digest);
}

async function selectChildren(
  index: Manifest,
  search: Search,
  depth: number,
): Promise<Manifest | undefined> {
  const kept = new Map<string, Descriptor>();
  const digests = new Set<string | undefined>();
  for (const child of index.manifests) {
    const selected = await selectChild(child, search, depth + 1);
    if (!selected) continue;
    kept.set(entryName(child), selected);
    digests.add(child.digest);
  }
  if (kept.size === 0) return undefined;
  for (const child of index.manifests) {
    if (digests.has(attestedDigest(child))) kept.set(entryName(child), child);
  }
  const bytes = withEntries(index.bytes, kept);
  if (!bytes) return index;
  const made = parseManifest(bytes, index.descriptor.mediaType);
  search.made.push(made);
  return made;
}

async function selectChild(
  child: Descriptor,
  search: Search,
  depth: number,
): Promise<Descriptor | undefined> {
  if (attestedDigest(child) !== undefined || !isManifestType(child.mediaType)) return undefined;
  if (child.platform && !isIndexType(child.mediaType)) {
    if (!isWanted(child.platform, search.wanted)) return undefined;
    search.found.push(child.platform);
    return child;
  }
  const manifest = await search.reader.manifest(child);
  const selected = isIndexType(child.mediaType)
    ? await selectFromIndex(manifest, search, depth)
    : await selectImage(manifest, search);
  return selected?.descriptor;
}

/** The bytes of an index with only the entries that `kept` names, or `undefined` if those are all of them unchanged. */
function withEntries(
  bytes: Uint8Array,
  kept: ReadonlyMap<string, Descriptor>,
): Uint8Array | undefined {
  const document = JSON.parse(Buffer.from(bytes).toString()) as IndexDocument;
  // As the parser reads an entry, which passes over a platform that is none.
  const selectedFor = (entry: object) => kept.get(entryName(DescriptorSchema.parse(entry)));
  if (document.manifests.every((entry) => selectedFor(entry)?.digest === entry.digest)) {
    return undefined;
  }
  const manifests = document.manifests.flatMap((entry): readonly object[] => {
    const selected = selectedFor(entry);
    if (!selected) return [];
    if (selected.digest === entry.digest) return [entry];
    return [{ ...entry, data: undefined, digest: selected.digest, size: selected.size }];
  });
  return Buffer.from(JSON.stringify({ ...document, manifests }));
}

/** The part of an index that is changed; the bytes have passed the manifest parser. */
interface IndexDocument {
  readonly manifests: readonly { readonly digest: string }[];
}
