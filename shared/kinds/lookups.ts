import type { ArtifactRegistry } from '../google/artifact-registry';
import { attachedByManifest, listing } from './image/statement-manifest';
import { orGone } from './image/sides';
import { tagsHolding } from './image/tags-holding';
import { createLateProver } from '../statements/late-prover';
import { listUploaded } from './template/uploaded-templates';
import type { Lookups } from '../jobs/events';
import type { RegistryClient } from '../oci/client';
import { NetworkError } from '../oci/http/errors';
import { formatReference, type RepositoryName } from '../oci/reference';
import type { Clock } from '../system/clock';

export interface LookupsDeps {
  readonly registries: Pick<RegistryClient, 'open' | 'connect'>;
  readonly artifactRegistry: Pick<ArtifactRegistry, 'tagsOf'>;
  /** Hosts that the Artifact Registry of the local stack tells of. */
  readonly emulatedHosts: readonly string[];
  readonly clock: Pick<Clock, 'deadline' | 'now'>;
}

const READ_TIMEOUT_MS = 30_000;
/** For all statements about a digest. */
const PROVE_TIMEOUT_MS = 120_000;
/** For thousands of templates; far below the function's own time-out of 540 s. */
const LIST_TIMEOUT_MS = 240_000;

/**
 * Asks sources what their events do not tell.
 *
 * All throw {@link RegistryError} or {@link NetworkError} when the source cannot be read, and `readAttached`
 * {@link SourceGoneError} when it no longer has the manifest.
 */
export function createLookups(deps: LookupsDeps): Lookups {
  const { registries, clock } = deps;
  const prove = createLateProver();

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
    readAttached: (image) =>
      within(READ_TIMEOUT_MS, image, async (signal) => {
        const { digest } = image;
        const source = registries.open(image, { access: 'pull', signal });
        return attachedByManifest(await orGone(source, digest, source.getManifest(digest)));
      }),
    prove: (subject, rules, pushed) =>
      within(PROVE_TIMEOUT_MS, subject, (signal) => {
        const opened = registries.open(subject, { access: 'pull', signal });
        const source = pushed === undefined ? opened : listing(opened, pushed);
        return prove({ source, subject: subject.digest, rules, now: new Date(clock.now()) });
      }),
    tagsOf: (subject, mayMatter) =>
      within(LIST_TIMEOUT_MS, subject, (signal) =>
        tagsHolding(subject, mayMatter, {
          ...deps,
          source: registries.open(subject, { access: 'pull', signal }),
        }),
      ),
    listUploaded: (repository, upload) =>
      within(LIST_TIMEOUT_MS, repository, (signal) =>
        listUploaded(registries, repository, upload, { signal }),
      ),
  };
}
