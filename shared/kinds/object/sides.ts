import { answerOf, CopyError, type CopyErrorDetails, type Side } from '../../copying/errors';
import { RegistryError } from '../../oci/http/errors';
import { onSide } from '../common/ends';
import type { Bucket } from './bucket';
import { formatObjectReference } from './reference';

/** The same bucket, whose failures are CopyErrors that name what was done, on which side, as whom, and to what. */
export function bucketOnSide(bucket: Bucket, side: Side): Bucket {
  const at = (name: string) => formatObjectReference({ bucket: bucket.bucket, name });
  return onSide(
    bucket,
    side,
    {
      getObject: (name) => ({ operation: 'look up', reference: at(name) }),
      checkBucket: () => ({ operation: 'list', reference: at('') }),
      listPage: (prefix) => ({ operation: 'list', reference: at(prefix) }),
      listFrom: (name) => ({ operation: 'list', reference: at(name) }),
      missingPermissions: () => ({ operation: 'ask about', reference: at('') }),
      listNotifications: () => ({ operation: 'list the notifications of', reference: at('') }),
      rewrite: ({ name }) => ({ operation: 'write', reference: at(name) }),
    },
    (details, cause) => new CopyError(isDenied(cause) ? asCaller(bucket, details) : details, cause),
  );
}

/** Adds the account that was denied, if the target names one. */
function asCaller({ bucket, identity }: Bucket, details: CopyErrorDetails): CopyErrorDetails {
  if (identity === undefined) return details;
  const why =
    details.side === 'source'
      ? `, which does the whole copy and so must read gs://${bucket}: roles/storage.objectViewer`
      : '';
  return { ...details, operation: `${details.operation} (as ${identity}${why})` };
}

function isDenied(cause: unknown): boolean {
  return cause instanceof RegistryError && [401, 403, 404].includes(cause.status);
}

/** How often the request behind an error of {@link bucketOnSide} was sent. */
export function attemptsOf(error: unknown): number {
  return answerOf(error)?.attempts ?? 1;
}

/** The status of the service's answer behind an error of {@link bucketOnSide}. */
export function statusOf(error: unknown): number | undefined {
  return answerOf(error)?.status;
}
