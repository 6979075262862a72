import { orGone } from '../../shared/copy/tag';
import type { RegistryClient } from '../../shared/oci/client';
import type { Digest } from '../../shared/oci/digest';
import { NetworkError } from '../../shared/oci/errors';
import type { TemplateUpload } from '../../shared/events/template-upload';
import type { TaggedReference } from '../../shared/jobs/plan';
import { formatReference, type Reference, type RepositoryName } from '../../shared/oci/reference';
import { listUploaded as listUploadedTemplates } from '../../shared/inventory/uploaded-templates';
import { openRegistries, type RegistriesConfig } from '../registries';

const READ_TIMEOUT_MS = 30_000;
/** For thousands of templates; far below the function's own time-out of 540 s. */
const LIST_TIMEOUT_MS = 240_000;

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
  const client = (registries ??= openRegistries(config));
  return within(READ_TIMEOUT_MS, image, async (signal) => {
    const source = client.open(image, { access: 'pull', signal });
    const manifest = await orGone(source, image.digest, source.getManifest(image.digest));
    return manifest.subject !== undefined;
  });
}

/** The tags that an upload may have set, with what they hold now. @throws {RegistryError | NetworkError} */
export function listUploaded(
  config: RegistriesConfig,
  repository: RepositoryName,
  upload: TemplateUpload,
  timeoutMs = LIST_TIMEOUT_MS,
): Promise<readonly TaggedReference[]> {
  const client = (registries ??= openRegistries(config));
  return within(timeoutMs, repository, (signal) =>
    listUploadedTemplates(client, repository, upload, { signal }),
  );
}

/** Work that may take so long. @throws {NetworkError} when it takes longer. */
async function within<T>(
  timeoutMs: number,
  name: RepositoryName,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await work(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    const { registry, repository } = name;
    throw new NetworkError('GET', formatReference({ registry, repository }), error);
  }
}
