import type { Descriptor } from '../../../oci/descriptor';
import type { RegistryError } from '../../../oci/errors';
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
  const said = errors.map(({ message, detail }) => `${message} ${detail}`).join(' ');
  const isNamed = ({ digest }: Descriptor): boolean => said.includes(digest);
  const blobs = manifest.blobs.filter(isNamed);
  const manifests = manifest.manifests.filter(isNamed);
  return blobs.length + manifests.length > 0 ? { blobs, manifests } : manifest;
}
