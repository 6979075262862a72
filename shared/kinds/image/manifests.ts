import { askTwice } from '../../copying/convergence';
import { isNotThere, UncopyableError } from '../../copying/errors';
import type { Descriptor } from '../../oci/descriptor';
import { digestAlgorithm, digestOf } from '../../oci/digest';
import type { RegistryError, RegistryErrorEntry } from '../../oci/http/errors';
import { parseManifest, type Manifest } from '../../oci/manifest';
import { isManifestType } from '../../oci/media-types';
import { referenceTo, type RepositoryName } from '../../oci/reference';
import type { Copying } from './copy-context';

/** Indexes in indexes: real ones have two levels. */
export const MAX_DEPTH = 10;

/**
 * The manifest that `descriptor` names, from the source unless it is remembered.
 *
 * @throws {UncopyableError} when it has another size than `descriptor` says.
 */
export async function loadManifest(
  { caches, source }: Copying,
  descriptor: Descriptor,
): Promise<Manifest> {
  const { digest, mediaType } = descriptor;
  // What an index names by another type may be a blob.
  const isNamedButGone = (error: unknown) => isManifestType(mediaType) && isNotThere(error);
  const known = caches.manifests.get(source, digest);
  const embedded = known || !isManifestType(mediaType) ? undefined : embeddedContent(descriptor);
  const manifest =
    known ??
    (embedded
      ? parseManifest(embedded, mediaType, digest)
      : await askTwice(() => source.getManifest(digest), isNamedButGone));
  caches.manifests.add(source, manifest);
  const { size } = manifest.descriptor;
  if (size === descriptor.size) return manifest;
  throw new UncopyableError(
    referenceTo(source, digest),
    `what points at it says that it has ${descriptor.size} bytes, and it has ${size}`,
  );
}

/** @throws {UncopyableError} when indexes nest too deep. */
export function checkDepth(source: RepositoryName, { digest }: Descriptor, depth: number): void {
  if (depth <= MAX_DEPTH) return;
  const problem = `it nests indexes more than ${MAX_DEPTH} deep`;
  throw new UncopyableError(referenceTo(source, digest), problem);
}

/** Contents that many images share and that need no request: nothing, and the empty config (image-spec, manifest.md). */
const WELL_KNOWN: ReadonlyMap<string, Uint8Array> = new Map(
  ['', '{}'].flatMap((text) => {
    const bytes = Buffer.from(text);
    return [digestOf(bytes), digestOf(bytes, 'sha512')].map((digest) => [digest, bytes] as const);
  }),
);

/** What a descriptor says about its content by itself. `data` that does not fit its digest and size is no content. */
export function embeddedContent({ digest, size, data }: Descriptor): Uint8Array | undefined {
  const known = WELL_KNOWN.get(digest);
  if (known?.length === size) return known;
  if (data === undefined) return undefined;
  const bytes = Buffer.from(data, 'base64');
  const fits = bytes.length === size && digestOf(bytes, digestAlgorithm(digest)) === digest;
  return fits ? bytes : undefined;
}

/** docker-registry names what is missing, one error each; zot names the manifest; oras-go treats all three alike. */
const MISSING = ['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN', 'MANIFEST_UNKNOWN'];

/**
 * What a registry that refused `manifest` says it lacks: the blobs and manifests that its answer names, or everything that
 * the manifest points at when it names none of those. `undefined`: it refused for another reason.
 */
export function missingContent(
  answer: RegistryError | undefined,
  manifest: Manifest,
): Pick<Manifest, 'blobs' | 'manifests'> | undefined {
  const errors = answer?.entries.filter(({ code }) => MISSING.includes(code)) ?? [];
  if (errors.length === 0) return undefined;
  const isNamed = isNamedIn(errors);
  const blobs = [...manifest.blobs, ...(manifest.foreign ?? [])].filter(isNamed);
  const manifests = manifest.manifests.filter(isNamed);
  return blobs.length + manifests.length > 0 ? { blobs, manifests } : manifest;
}

/**
 * True where a registry refuses a manifest for layers that have URLs of their own. docker-registry does unless it is set up
 * to allow them: it then calls these layers unknown, whether it has them or not, and adds an error of its own with status 500.
 */
export function refusesUrls(answer: RegistryError | undefined, manifest: Manifest): boolean {
  if (!answer || answer.status < 500) return false;
  const unknown = answer.entries.filter(({ code }) => MISSING.includes(code));
  const content = [...manifest.blobs, ...manifest.manifests, ...(manifest.foreign ?? [])];
  const named = content.filter(isNamedIn(unknown));
  return named.length > 0 && named.every(({ urls = [] }) => urls.length > 0);
}

function isNamedIn(entries: readonly RegistryErrorEntry[]): (content: Descriptor) => boolean {
  const said = entries.map(({ message, detail }) => `${message} ${detail}`).join(' ');
  return ({ digest }) => said.includes(digest);
}
