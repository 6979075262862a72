import { StorageError, invalid } from './errors';
import type { Version } from './store';

/**
 * Checks the `if…Match` parameters of a request that changes `live`, or with `of` "Source" of one that reads it for a rewrite
 * (https://cloud.google.com/storage/docs/request-preconditions). Generation 0 stands for no object.
 *
 * @throws {StorageError} 412
 */
export function checkPreconditions(
  query: URLSearchParams,
  live: Version | undefined,
  of: '' | 'Source' = '',
): void {
  const generation = live?.generation ?? '0';
  const metageneration = String(live?.metageneration ?? 0);
  const check = (name: string, holds: (value: string) => boolean): void => {
    const value = query.get(name);
    if (value === null) return;
    if (!/^\d{1,19}$/.test(value)) throw invalid(`Invalid value for ${name}: ${value}`);
    if (holds(value)) return;
    throw new StorageError(
      412,
      'conditionNotMet',
      'At least one of the pre-conditions you specified did not hold.',
    );
  };
  check(`if${of}GenerationMatch`, (value) => value === generation);
  check(`if${of}GenerationNotMatch`, (value) => value !== generation);
  check(`if${of}MetagenerationMatch`, (value) => value === metageneration);
  check(`if${of}MetagenerationNotMatch`, (value) => value !== metageneration);
}
