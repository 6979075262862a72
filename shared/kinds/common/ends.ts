import type { Attempt } from '../../copying/attempt';
import {
  orCopyError,
  type CopyError,
  type CopyErrorDetails,
  type Side,
} from '../../copying/errors';
import type { OpenOptions } from '../../oci/client';

/**
 * Returns the options with which an attempt opens an end of its copy. A repair asks again whether the end has a referrers
 * API. `identity`: the service account to act as there; unset, the process's own.
 */
export function endOptions(
  attempt: Pick<Attempt, 'signal' | 'traffic' | 'retryBudget' | 'repair'>,
  access: OpenOptions['access'],
  identity?: string,
): OpenOptions {
  const { signal, traffic, retryBudget, repair } = attempt;
  return { access, signal, traffic, retryBudget, recheckReferrersApi: repair, identity };
}

/** What a call does, in the words of an operator, and the full reference that it is about. */
type Operation = Omit<CopyErrorDetails, 'side'>;

/** The methods of an end whose failures are named: each by what a call with these arguments does. */
type Operations<T> = {
  readonly [M in keyof T]?: T[M] extends (...args: infer A) => Promise<unknown>
    ? (...args: A) => Operation
    : never;
};

type Method<T> = (...args: readonly unknown[]) => T;

/**
 * Returns the same end, whose methods in `operations` throw CopyErrors that name the operation, the side and the reference.
 * Other methods throw what they threw before. `errorOf` makes the error where more is known of it than that.
 */
export function onSide<T extends object>(
  end: T,
  side: Side,
  operations: Operations<T>,
  errorOf?: (details: CopyErrorDetails, cause: unknown) => CopyError,
): T {
  const methods = end as unknown as Readonly<Record<string, Method<Promise<unknown>>>>;
  const described = Object.entries(operations) as [string, Method<Operation>][];
  const reporting = described.map(([name, describe]) => [
    name,
    (...args: readonly unknown[]) =>
      orCopyError({ ...describe(...args), side }, async () => methods[name]?.(...args), errorOf),
  ]);
  return { ...end, ...(Object.fromEntries(reporting) as Partial<T>) };
}
