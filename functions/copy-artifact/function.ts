import { createCopyCaches } from '../../shared/copying/caches';
import { orCopyError } from '../../shared/copying/errors';
import type { ArtifactOutcome, Attempt } from '../../shared/copying/attempt';
import { createDelivery } from '../../shared/delivery/delivery';
import { openSigningKey } from '../../shared/google/kms';
import { parseCopyJob } from '../../shared/kinds/messages';
import type { RegistryClient } from '../../shared/oci/client';
import { createRetryBudget } from '../../shared/oci/http/retry-budget';
import type { AllowedCopy } from '../../shared/rules/authorize';
import { createLateProver } from '../../shared/statements/late-prover';
import type { Parts } from '../parts';
import type { Config } from './config';
import { createCopyArtifact, type CopyInstructions } from './handler';
import { kindOf } from '../../shared/kinds/kinds';
import { formatArtifact } from '../../shared/kinds/references';
import { emptyTraffic } from '../../shared/oci/http/traffic';

export interface CopyArtifactParts extends Parts {
  readonly config: Config;
  readonly registries: RegistryClient;
}

/** Executes copy jobs: a delivery is acked only when its artifact is at the target, or never will be. */
export function createFunction(parts: CopyArtifactParts): (event: unknown) => Promise<string> {
  const { clock, config } = parts;
  return createDelivery({
    ...parts,
    function: 'copyArtifact',
    work: {
      parse: parseCopyJob,
      open: createCopyArtifact({ rules: config.RULES_FILE, clock, ...createAttempts(parts) }),
    },
    deadLetterTopic: config.DEAD_LETTER_TOPIC,
    releaseEventsTopic: config.RELEASE_EVENTS_TOPIC,
    queues: { main: config.COPY_JOBS_TOPIC, retry: config.COPY_RETRIES_TOPIC },
    graceSeconds: config.GRACE_SECONDS,
  });
}

/** Carries copies out, each within the time that an attempt has. */
function createAttempts({ config, registries, clock, random }: CopyArtifactParts) {
  const caches = createCopyCaches(clock);
  const prove = createLateProver();
  const { STORAGE_EMULATOR_HOST: storageHost, KMS_EMULATOR_HOST: kmsHost } = config;
  const signingKey =
    config.SIGNING_KEY &&
    openSigningKey(registries, config.SIGNING_KEY, kmsHost === undefined ? {} : { host: kmsHost });
  const attempt = async <T>(
    { repair, blobByBlob, attributes, share, traffic }: CopyInstructions,
    seconds: number,
    use: (attempt: Attempt) => Promise<T>,
  ): Promise<T> => {
    const deadline = clock.deadline(seconds * share * 1000);
    try {
      return await use({
        clock,
        random,
        registries,
        caches,
        signal: deadline.signal,
        traffic,
        retryBudget: createRetryBudget(),
        repair,
        blobConcurrency: blobByBlob ? 1 : config.BLOB_CONCURRENCY,
        attributes,
        prove,
        signingKey,
        storageHost,
      });
    } finally {
      deadline.release();
    }
  };
  return {
    copy: (allowed: AllowedCopy, instructions: CopyInstructions): Promise<ArtifactOutcome> =>
      attempt(instructions, config.COPY_TIMEOUT_SECONDS, (one) =>
        kindOf(allowed).copy(allowed, one, config.RULES_FILE),
      ),
    holds: (allowed: AllowedCopy): Promise<string | undefined> => {
      const reference = formatArtifact(allowed.destination);
      const about = { operation: 'see what is at', side: 'target', reference } as const;
      return orCopyError(about, () =>
        attempt({ ...LOOK, traffic: emptyTraffic() }, LOOK_SECONDS, (one) =>
          kindOf(allowed).held(allowed, one),
        ),
      );
    },
  };
}

/** To see, and not to copy. */
const LOOK = { repair: false, blobByBlob: false, attributes: {}, share: 1 };

/** After a copy that took all its time there is a minute left of the function's own time-out, to answer in. */
const LOOK_SECONDS = 20;
