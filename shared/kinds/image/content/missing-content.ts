import type { Descriptor } from '../../../oci/descriptor';
import type { RegistryError, RegistryErrorEntry } from '../../../oci/http/errors';
import type { Manifest } from '../../../oci/manifest';

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
 * to allow them: it then calls these layers unknown, whether it has them or not, beside an error of its own with status 500.
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
