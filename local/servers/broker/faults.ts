import { mulberry32 } from '../mulberry32';

/** What a broker does wrong on purpose, in the ways that Pub/Sub allows itself: at least once, in any order. */
export interface BrokerFaults {
  /** The same seed gives the same decisions, in the order in which messages are published. */
  readonly seed: number;
  /** Share of messages that come twice, 0 to 1. */
  readonly duplicate?: number;
  /** Share of messages that are overtaken by later ones, 0 to 1. */
  readonly reorder?: number;
  /** How late a duplicate or an overtaken message may come, in milliseconds before the time scale; default 1,000. */
  readonly upToMilliseconds?: number;
  /** Share of the clients' publishes that are refused, 0 to 1; every other one of them is published all the same. */
  readonly refusedPublishes?: number;
}

/** The fault of a client's publish. `lost`: it is published, but the client gets a refusal. */
export type PublishEnd = 'published' | 'refused' | 'lost';

export function createPublishEnds(faults?: BrokerFaults): () => PublishEnd {
  const { refusedPublishes = 0, seed = 0 } = faults ?? {};
  const random = mulberry32(seed + 1);
  let refused = 0;
  return () => {
    if (random() >= refusedPublishes) return 'published';
    refused += 1;
    return refused % 2 === 0 ? 'lost' : 'refused';
  };
}

/** For one message: after how many milliseconds each of its copies is queued. */
export type PlanArrivals = () => readonly number[];

/** Without faults every message arrives once, at once. */
export function createArrivals(faults?: BrokerFaults): PlanArrivals {
  if (faults === undefined) return () => [0];
  const { duplicate = 0, reorder = 0, upToMilliseconds = 1000 } = faults;
  const random = mulberry32(faults.seed);
  return () => {
    const first = random() < reorder ? random() * upToMilliseconds : 0;
    return random() < duplicate ? [first, random() * upToMilliseconds] : [first];
  };
}
