import pLimit, { type LimitFunction } from 'p-limit';
import type { RegistryClient } from '../oci/client';
import type { Repository } from '../oci/repository';
import { createRateLimiter, type RateLimit } from '../async/limits';

/** A bounded number of requests at once, and of requests a second, for each registry host by itself. */
export interface Pace {
  /** `check` is called just before the request is sent; if it throws, nothing is sent and its error is thrown. */
  run<T>(host: string, request: () => Promise<T>, check?: () => void): Promise<T>;
}

export interface PaceOptions extends Omit<RateLimit, 'perSecond'> {
  /** Of one host; Artifact Registry allows a project 60,000 a minute in each region. */
  readonly requestsPerSecond: number;
}

const AT_ONCE = 16;

interface Lane {
  readonly slots: LimitFunction;
  readonly turn: () => Promise<void>;
}

export function createPace({ requestsPerSecond, ...options }: PaceOptions): Pace {
  const lanes = new Map<string, Lane>();
  const laneOf = (host: string): Lane => {
    const known = lanes.get(host);
    if (known) return known;
    const turn = createRateLimiter({ perSecond: requestsPerSecond, ...options });
    const lane = { slots: pLimit(AT_ONCE), turn };
    lanes.set(host, lane);
    return lane;
  };
  return {
    run(host, request, check = () => undefined) {
      const { slots, turn } = laneOf(host);
      return slots(async () => {
        check();
        await turn();
        return request();
      });
    },
  };
}

/** The same client, whose connections keep to the pace, request by request. */
export function connectAtPace(
  { connect }: Pick<RegistryClient, 'connect'>,
  pace: Pace,
  check?: () => void,
): Pick<RegistryClient, 'connect'> {
  return {
    connect(name, options) {
      const { exchange, ...connection } = connect(name, options);
      return {
        ...connection,
        exchange: (call, read) => pace.run(name.registry, () => exchange(call, read), check),
      };
    },
  };
}

/** The same repository, whose reads keep to the pace. */
export function atPace(repository: Repository, pace: Pace, check?: () => void): Repository {
  const paced = <T>(request: () => Promise<T>): Promise<T> =>
    pace.run(repository.registry, request, check);
  return {
    ...repository,
    headManifest: (reference) => paced(() => repository.headManifest(reference)),
    getManifest: (reference) => paced(() => repository.getManifest(reference)),
    getBlob: (descriptor) => paced(() => repository.getBlob(descriptor)),
    listReferrers: (subject) => paced(() => repository.listReferrers(subject)),
    listTags: () => paced(() => repository.listTags()),
  };
}
