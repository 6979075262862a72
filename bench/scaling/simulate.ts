import { mulberry32 } from '../../local/servers/mulberry32';
import type { Measured } from './measure';

/** What is not measured here: what vendors do, and what Google's pages say. */
export const ASSUMED = {
  /** One push in ten is a release; the others match no rule. Every release goes to every customer. */
  releaseShare: 0.1,
  /** What a release adds to what a target has of the image already. */
  newMegabytes: 60,
  /** A product's images are released together. */
  imagesAtOnce: 5,
  /** Of the releases, what happens within the ten working hours. */
  workingHoursShare: 0.8,
  /** Requests that wait for one another in a copy, and how long each takes between two regions. */
  rounds: 10,
  secondsPerRound: 0.08,
  /** What one connection carries between two regions. */
  megabytesPerSecondEach: 30,
  /** Requests a minute to the repositories of one project in one region. */
  registryRequestsPerMinute: 60_000,
  /** Messages that a push subscription has on their way at once, at its most. */
  outstandingPushes: 3_000,
  objectiveSeconds: 300,
  dollarsPerGigabyteEgress: 0.02,
  dollarsPerCpuSecond: 0.000024,
  dollarsPerGigabyteSecond: 0.0000025,
} as const;

/** The defaults of infra/variables.tf. */
export const DEFAULTS = { instances: 100, concurrency: 4, gigabytes: 0.5 } as const;

export interface Scenario {
  readonly customers: number;
  readonly pushesPerDay: number;
}

export interface Limit {
  readonly name: string;
  readonly jobsPerSecond: number;
}

export interface Outlook extends Scenario {
  readonly jobsPerDay: number;
  /** Seconds until 99 of 100 jobs are done, with the default sizes. */
  readonly defaultSeconds: number;
  /** Instances of copyArtifact with which they are done within the objective; absent: a quota is in the way first. */
  readonly instances?: number;
  /** Requests a minute to the source's registry that the objective takes. */
  readonly registryRequestsPerMinute: number;
  /** What decides how fast jobs are done at that size. */
  readonly limit: Limit;
  readonly gigabytesPerDay: number;
  readonly egressPerDay: number;
  readonly computePerDay: number;
}

/** Alone, with nothing in its way. */
const SECONDS_OF_A_COPY =
  ASSUMED.rounds * ASSUMED.secondsPerRound + ASSUMED.newMegabytes / ASSUMED.megabytesPerSecondEach;
const DAY = 24 * 60 * 60;
/** Copies a second, in steps of a tenth. */
const RATES = Array.from({ length: 200 }, (_, step) => 0.1 * 1.1 ** step);
const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];

export function outlook(scenario: Scenario, measured: Measured): Outlook {
  const arrivals = planDay(scenario);
  const jobsPerDay = arrivals.reduce((sum, { jobs }) => sum + jobs, 0);
  const secondsWith = (instances: number) =>
    ninetyNine(arrivals, slowest(limits(instances, measured)).jobsPerSecond);
  const enough = RATES.find((rate) => ninetyNine(arrivals, rate) <= ASSUMED.objectiveSeconds);
  const instances = SIZES.find((size) => secondsWith(size) <= ASSUMED.objectiveSeconds);
  const gigabytesPerDay = (jobsPerDay * ASSUMED.newMegabytes) / 1000;
  const cpuSeconds =
    gigabytesPerDay * measured.cpuSecondsPerGigabyte +
    jobsPerDay * measured.cpuSecondsPerCurrentJob;
  return {
    ...scenario,
    jobsPerDay,
    defaultSeconds: secondsWith(DEFAULTS.instances),
    instances,
    registryRequestsPerMinute: (enough ?? Infinity) * 60 * requestsToSource(measured),
    limit: slowest(limits(instances ?? Infinity, measured)),
    gigabytesPerDay,
    egressPerDay: gigabytesPerDay * ASSUMED.dollarsPerGigabyteEgress,
    computePerDay:
      cpuSeconds *
      (ASSUMED.dollarsPerCpuSecond + DEFAULTS.gigabytes * ASSUMED.dollarsPerGigabyteSecond),
  };
}

/** How many jobs a second each part of the way lets through. */
function limits(instances: number, measured: Measured): Limit[] {
  const { newMegabytes } = ASSUMED;
  const seconds = SECONDS_OF_A_COPY;
  const gigabytesPerSecond = 1 / measured.cpuSecondsPerGigabyte;
  return [
    { name: 'copies at once', jobsPerSecond: (instances * DEFAULTS.concurrency) / seconds },
    {
      name: 'CPU of the instances',
      jobsPerSecond: (instances * gigabytesPerSecond) / (newMegabytes / 1000),
    },
    {
      name: "requests to the source's registry",
      jobsPerSecond: ASSUMED.registryRequestsPerMinute / 60 / requestsToSource(measured),
    },
    { name: 'pushes outstanding', jobsPerSecond: ASSUMED.outstandingPushes / seconds },
  ];
}

/** Of one copy. */
export function requestsToSource({ requestsPerCopy }: Measured): number {
  return Math.ceil(requestsPerCopy / 2);
}

function slowest(all: readonly Limit[]): Limit {
  return all.reduce((least, one) => (one.jobsPerSecond < least.jobsPerSecond ? one : least));
}

interface Arrival {
  readonly second: number;
  readonly jobs: number;
}

/** A working day's releases, the same at every run. */
function planDay({ customers, pushesPerDay }: Scenario): Arrival[] {
  const random = mulberry32(pushesPerDay);
  const releases = Math.max(1, Math.round(pushesPerDay * ASSUMED.releaseShare));
  const arrivals: Arrival[] = [];
  for (let released = 0; released < releases; released += ASSUMED.imagesAtOnce) {
    const working = random() < ASSUMED.workingHoursShare;
    const hour = working ? 8 + random() * 10 : random() * 24;
    const images = Math.min(ASSUMED.imagesAtOnce, releases - released);
    arrivals.push({ second: Math.floor(hour * 3600), jobs: images * customers });
  }
  return arrivals.sort((a, b) => a.second - b.second);
}

/** Seconds that the slowest of the quickest 99 % of the jobs take, first come, first served. */
function ninetyNine(arrivals: readonly Arrival[], jobsPerSecond: number): number {
  const waits: { seconds: number; jobs: number }[] = [];
  let free = 0;
  for (const { second, jobs } of arrivals) {
    const start = Math.max(free, second);
    free = start + jobs / jobsPerSecond;
    // Jobs of one release end evenly between start and end; a hundred parts are exact enough.
    for (let part = 1; part <= 100; part++) {
      const end = start + (part / 100) * (jobs / jobsPerSecond);
      waits.push({ seconds: end - second + SECONDS_OF_A_COPY, jobs: jobs / 100 });
    }
    if (free > 30 * DAY) return Infinity;
  }
  waits.sort((a, b) => a.seconds - b.seconds);
  let left = 0.99 * waits.reduce((sum, { jobs }) => sum + jobs, 0);
  return waits.find(({ jobs }) => (left -= jobs) <= 0)?.seconds ?? 0;
}
