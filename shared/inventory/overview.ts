import { isDrift, totalsOf, type Finding, type Totals } from './finding';

/** What several findings come to: those of one target, or those of one release. */
export interface Overview {
  readonly findings: readonly Finding[];
  readonly totals: Totals;
  /** How many differ and should not. */
  readonly drift: number;
  /** When the first of what differs was uploaded at its source; undefined where nothing does, or no list told. */
  readonly since?: Date;
  /** When the last of them was delivered, of those that tell. */
  readonly deliveredAt?: Date;
  /** The longest from an upload at the source to its delivery, in milliseconds. */
  readonly longest?: number;
}

export function overviewOf(findings: readonly Finding[]): Overview {
  const differing = findings.filter(isDrift);
  const since = timesOf(differing.map(({ source }) => source.uploadedAt));
  const delivered = timesOf(findings.map(({ deliveredAt }) => deliveredAt));
  const waits = findings.flatMap((finding) => deliveryTime(finding) ?? []);
  return {
    findings,
    totals: totalsOf(findings),
    drift: differing.length,
    ...(since.length > 0 && { since: new Date(lowest(since)) }),
    ...(delivered.length > 0 && { deliveredAt: new Date(-lowest(delivered.map((at) => -at))) }),
    ...(waits.length > 0 && { longest: -lowest(waits.map((wait) => -wait)) }),
  };
}

/** From the upload at the source to the delivery, in milliseconds, where both are known and one came after the other. */
export function deliveryTime({ source, deliveredAt }: Finding): number | undefined {
  if (source.uploadedAt === undefined || deliveredAt === undefined) return undefined;
  const time = deliveredAt.getTime() - source.uploadedAt.getTime();
  return time < 0 ? undefined : time;
}

/** The worst first: by how much differs, then by how long. */
export function byWorst(a: Overview, b: Overview): number {
  return b.drift - a.drift || timeOf(a.since) - timeOf(b.since);
}

function timeOf(date: Date | undefined): number {
  return date?.getTime() ?? Infinity;
}

function timesOf(dates: readonly (Date | undefined)[]): number[] {
  return dates.flatMap((date) => date?.getTime() ?? []);
}

/** Not `Math.min` at once: there may be more than fit in the arguments of a call. */
function lowest(numbers: readonly number[]): number {
  return numbers.reduce((least, one) => Math.min(least, one), Infinity);
}
