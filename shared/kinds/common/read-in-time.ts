import { NetworkError } from '../../oci/http/errors';
import { formatReference, type RepositoryName } from '../../oci/reference';
import type { Clock } from '../../system/clock';

/** Reads a source within a time in milliseconds. @throws {NetworkError} after it. */
export async function readInTime<T>(
  clock: Pick<Clock, 'deadline'>,
  timeoutMs: number,
  { registry, repository }: RepositoryName,
  read: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = clock.deadline(timeoutMs);
  try {
    return await read(deadline.signal);
  } catch (error) {
    if (!deadline.signal.aborted) throw error;
    throw new NetworkError('GET', formatReference({ registry, repository }), error);
  } finally {
    deadline.release();
  }
}
