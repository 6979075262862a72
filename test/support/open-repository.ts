import { createRegistryClient } from '../../shared/oci/client';
import { type Traffic, emptyTraffic } from '../../shared/oci/http/traffic';
import type { OpenOptions, RegistryClient, RegistryClientDeps } from '../../shared/oci/client';
import type { Repository } from '../../shared/oci/repository';
import { createJumpingClock } from './jumping-clock';

export interface OpenedRepository {
  readonly repository: Repository;
  readonly client: RegistryClient;
  readonly traffic: Traffic;
  /** Every wait that was asked for, in milliseconds. None takes any time: the clock jumps instead. */
  readonly sleeps: readonly number[];
}

export type OpeningOptions = Partial<RegistryClientDeps> &
  Partial<OpenOptions> & { readonly repository?: string };

/** The repository `a/b` of a test's server, to be pushed to; the client is the caller's to close. */
export function openRepository(
  { address }: { readonly address: string },
  { repository = 'a/b', access = 'push', ...options }: OpeningOptions = {},
): OpenedRepository {
  const clock = createJumpingClock();
  const traffic = emptyTraffic();
  const client = createRegistryClient({
    plainHttpHosts: ['127.0.0.1', 'localhost'],
    random: () => 0.5,
    clock,
    ...options,
  });
  const name = { registry: address, repository };
  return {
    repository: client.open(name, { traffic, access, ...options }),
    client,
    traffic,
    sleeps: clock.sleeps,
  };
}

/** What a promise is rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('it was expected to fail');
    },
    (error: unknown) => error,
  );
}
