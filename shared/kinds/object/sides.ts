import { answerOf, CopyError, type Side } from '../../copying/errors';
import { RegistryError } from '../../oci/http/errors';
import type { Bucket } from './bucket';
import { formatObjectReference } from './reference';

/** The same bucket, whose failures are CopyErrors that say what was done, on which side, and to what. */
export function onSide(bucket: Bucket, side: Side): Bucket {
  const attempt = async <T>(operation: string, name: string, work: () => Promise<T>) => {
    try {
      return await work();
    } catch (cause) {
      throw failure(bucket, { operation, side, name }, cause);
    }
  };
  return {
    ...bucket,
    getObject: (name) => attempt('look up', name, () => bucket.getObject(name)),
    checkBucket: () => attempt('list', '', () => bucket.checkBucket()),
    listPage: (prefix, page) => attempt('list', prefix, () => bucket.listPage(prefix, page)),
    listFrom: (name) => attempt('list', name, () => bucket.listFrom(name)),
    missingPermissions: (permissions) =>
      attempt('ask about', '', () => bucket.missingPermissions(permissions)),
    listNotifications: () =>
      attempt('list the notifications of', '', () => bucket.listNotifications()),
    rewrite: (call) => attempt('write', call.name, () => bucket.rewrite(call)),
  };
}

interface Asked {
  readonly operation: string;
  readonly side: Side;
  readonly name: string;
}

function failure(bucket: Bucket, { operation, side, name }: Asked, cause: unknown): CopyError {
  const reference = formatObjectReference({ bucket: bucket.bucket, name });
  const { identity } = bucket;
  if (identity === undefined || !isDenied(cause)) {
    return new CopyError({ operation, side, reference }, cause);
  }
  const why =
    side === 'source'
      ? `, which does the whole copy and so must read gs://${bucket.bucket}: roles/storage.objectViewer`
      : '';
  return new CopyError(
    { operation: `${operation} (as ${identity}${why})`, side, reference },
    cause,
  );
}

function isDenied(cause: unknown): boolean {
  return cause instanceof RegistryError && [401, 403, 404].includes(cause.status);
}

/** How often the request behind an error of {@link onSide} was sent. */
export function attemptsOf(error: unknown): number {
  return answerOf(error)?.attempts ?? 1;
}

/** The status of the service's answer behind an error of {@link onSide}. */
export function statusOf(error: unknown): number | undefined {
  return answerOf(error)?.status;
}
