/** What has happened to messages; `outstanding` is what is still to happen. */
export interface Counters {
  /** Messages that arrived, duplicates that were injected not counted. */
  published: number;
  /** Deliveries begun, repeated ones included. */
  delivered: number;
  acked: number;
  /** Refused deliveries, including unanswered ones. */
  nacked: number;
  /** Messages given up and sent to the dead-letter topic. */
  deadLettered: number;
  /** Messages that are not acknowledged yet, whether they wait or are being delivered. */
  outstanding: number;
}

export function sumCounters(all: Iterable<Counters>): Counters {
  const sum = noCounters();
  for (const counters of all) {
    for (const key of Object.keys(sum) as (keyof Counters)[]) sum[key] += counters[key];
  }
  return sum;
}

export function noCounters(): Counters {
  return { published: 0, delivered: 0, acked: 0, nacked: 0, deadLettered: 0, outstanding: 0 };
}
