import type { Measured } from './measure';
import { ASSUMED, DEFAULTS, requestsToSource } from './simulate';

/** Customers in as many regions, of which one is the source's own; every image of a release goes to each of them. */
export const WORLD = { customers: 1_000, regions: 6 } as const;

/** One way to serve them. */
export interface Way {
  readonly name: string;
  readonly gigabytesBetweenRegions: number;
  readonly dollarsOfEgress: number;
  readonly requestsAtFirstSource: number;
  readonly secondsToLast: number;
}

/** From a push to the job: the event, the plan, and the job's way. */
const SECONDS_TO_PLAN = 1;
/** Within a region. */
const SECONDS_PER_ROUND_NEAR = 0.005;
/** Of an image as it was measured: eight layers and a config. What is mounted is not read. */
const BLOBS = 9;

/** A release to all customers, over one hop and over two. */
export function waysThroughHubs(measured: Measured): Way[] {
  const { customers, regions } = WORLD;
  const images = ASSUMED.imagesAtOnce;
  const abroad = Math.round(customers * (1 - 1 / regions));
  const near = customers - abroad;
  const hubs = regions - 1;
  const gigabytes = ASSUMED.newMegabytes / 1000;
  const reads = requestsToSource(measured);
  const mounts = reads - BLOBS;
  const far = ASSUMED.secondsPerRound;
  const whole = { rounds: far, megabytes: ASSUMED.newMegabytes, reads, sources: 1 };
  const mounted = { rounds: far, megabytes: 0, reads: mounts, sources: hubs };
  const inRegion = { ...whole, rounds: SECONDS_PER_ROUND_NEAR };
  // Out to the hub's region and back again.
  const twice = { ...whole, megabytes: 2 * ASSUMED.newMegabytes, sources: hubs };
  const toHubs = hop(images * (hubs + near), whole, measured);
  const way = (
    name: string,
    crossings: number,
    requestsAtFirstSource: number,
    secondsToLast: number,
  ): Way => {
    const gigabytesBetweenRegions = images * crossings * gigabytes;
    const dollarsOfEgress = gigabytesBetweenRegions * ASSUMED.dollarsPerGigabyteEgress;
    return { name, gigabytesBetweenRegions, dollarsOfEgress, requestsAtFirstSource, secondsToLast };
  };
  return [
    way('one hop', abroad, images * customers * reads, hop(images * customers, whole, measured)),
    way(
      'two hops, one deployment, mounted at the hub',
      hubs,
      images * (hubs * reads + near * mounts),
      toHubs + hop(images * abroad, mounted, measured),
    ),
    way(
      'two hops, a deployment in each region',
      hubs,
      images * (hubs + near) * reads,
      toHubs + hop((images * abroad) / hubs, inRegion, measured),
    ),
    way(
      'two hops, one deployment, nothing mounted',
      hubs + 2 * abroad,
      images * (hubs + near) * reads,
      toHubs + hop(images * abroad, twice, measured),
    ),
  ];
}

/** What one copy of a hop takes. */
interface Copying {
  /** Seconds for each of the requests that wait for one another. */
  readonly rounds: number;
  /** Through the function. */
  readonly megabytes: number;
  /** Requests to its source. */
  readonly reads: number;
  /** How many registries the copies of this hop read from, each with a quota of its own. */
  readonly sources: number;
}

/** Seconds from a push until the last of its copies is there, with the default number of instances. */
function hop(
  copies: number,
  { rounds, megabytes, reads, sources }: Copying,
  measured: Measured,
): number {
  const seconds = ASSUMED.rounds * rounds + megabytes / ASSUMED.megabytesPerSecondEach;
  const cpuSeconds =
    (megabytes / 1000) * measured.cpuSecondsPerGigabyte + measured.cpuSecondsPerCurrentJob;
  const perSecond = Math.min(
    (DEFAULTS.instances * DEFAULTS.concurrency) / seconds,
    DEFAULTS.instances / cpuSeconds,
    ASSUMED.outstandingPushes / seconds,
    (sources * ASSUMED.registryRequestsPerMinute) / 60 / reads,
  );
  return SECONDS_TO_PLAN + seconds + copies / perSecond;
}
