import { orGone } from '../../shared/copy/tag';
import type { RegistryClient } from '../../shared/oci/client';
import type { Digest } from '../../shared/oci/digest';
import type { TemplateUpload } from '../../shared/events/template-upload';
import type { TaggedReference } from '../../shared/jobs/plan';
import type { Reference, RepositoryName } from '../../shared/oci/reference';
import { listUploaded as listUploadedTemplates } from '../../shared/inventory/uploaded-templates';
import { openRegistries, type RegistriesConfig } from '../registries';

const READ_TIMEOUT_MS = 30_000;

let registries: RegistryClient | undefined;

/**
 * Whether the manifest at the source names a `subject`: then it is an attachment.
 *
 * @throws {SourceGoneError} when the source no longer has it; {RegistryError | NetworkError} when it cannot be read.
 */
export async function hasSubject(
  config: RegistriesConfig,
  image: Reference & { readonly digest: Digest },
): Promise<boolean> {
  registries ??= openRegistries(config);
  const signal = AbortSignal.timeout(READ_TIMEOUT_MS);
  const source = registries.open(image, { access: 'pull', signal });
  const manifest = await orGone(source, image.digest, source.getManifest(image.digest));
  return manifest.subject !== undefined;
}

/** The tags that an upload may have set, with what they hold now. @throws {RegistryError | NetworkError} */
export function listUploaded(
  config: RegistriesConfig,
  repository: RepositoryName,
  upload: TemplateUpload,
): Promise<readonly TaggedReference[]> {
  registries ??= openRegistries(config);
  const signal = AbortSignal.timeout(READ_TIMEOUT_MS);
  return listUploadedTemplates(registries, repository, upload, { signal });
}
