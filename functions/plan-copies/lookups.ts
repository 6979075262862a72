import { orGone } from '../../shared/kinds/image/sides';
import { listUploaded } from '../../shared/kinds/template/uploaded-templates';
import type { Lookups } from '../../shared/jobs/events';
import type { RegistryClient } from '../../shared/oci/client';
import { NetworkError } from '../../shared/oci/http/errors';
import { formatReference, type RepositoryName } from '../../shared/oci/reference';
import type { Clock } from '../../shared/system/clock';

export { openRegistries } from '../registries';

export interface LookupsDeps {
  readonly registries: Pick<RegistryClient, 'open' | 'connect'>;
  readonly clock: Pick<Clock, 'deadline'>;
}

const READ_TIMEOUT_MS = 30_000;
/** For thousands of templates; far below the function's own time-out of 540 s. */
const LIST_TIMEOUT_MS = 240_000;

/**
 * Asks sources what their events do not tell.
 *
 * Both throw {@link RegistryError} or {@link NetworkError} when the source cannot be read, and `hasSubject`
 * {@link SourceGoneError} when it no longer has the manifest.
 */
export function createLookups({ registries, clock }: LookupsDeps): Lookups {
  /** Work that may take so long. @throws {NetworkError} when it takes longer. */
  async function within<T>(
    timeoutMs: number,
    { registry, repository }: RepositoryName,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const deadline = clock.deadline(timeoutMs);
    try {
      return await work(deadline.signal);
    } catch (error) {
      if (!deadline.signal.aborted) throw error;
      throw new NetworkError('GET', formatReference({ registry, repository }), error);
    } finally {
      deadline.release();
    }
  }

  return {
    hasSubject: (image) =>
      within(READ_TIMEOUT_MS, image, async (signal) => {
        const source = registries.open(image, { access: 'pull', signal });
        const manifest = await orGone(source, image.digest, source.getManifest(image.digest));
        return manifest.subject !== undefined;
      }),
    listUploaded: (repository, upload) =>
      within(LIST_TIMEOUT_MS, repository, (signal) =>
        listUploaded(registries, repository, upload, { signal }),
      ),
  };
}
