import { byName } from '../text/names';
import { isDrift, isPending, STATES, totalsOf, type Finding, type Totals } from './finding';

/** What several findings come to: those of one target, or those of one release. */
export interface Overview {
  readonly findings: readonly Finding[];
  readonly totals: Totals;
  /** How many differ and should not. */
  readonly drift: number;
  /** Since when the first of what differs does, else when it was uploaded at its source. Unset if nothing differs, or if unknown. */
  readonly since?: Date;
  /** When the last of them was delivered, of those that tell. */
  readonly deliveredAt?: Date;
  /** The longest from an upload at the source to its delivery, in milliseconds. */
  readonly longest?: number;
}

export function overviewOf(findings: readonly Finding[]): Overview {
  const differing = findings.filter(isDrift);
  const since = timesOf(differing.map(({ why, source }) => why?.since ?? source.uploadedAt));
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

interface Named extends Overview {
  readonly name: string;
}

/** The worst first: by how much differs and should not, by how long, by how much else differs, then by name. */
export function byWorst(a: Named, b: Named): number {
  const since = (one: Overview): number => one.since?.getTime() ?? Number.MAX_SAFE_INTEGER;
  const behind = ({ findings, totals }: Overview): number => findings.length - totals.current;
  return (
    b.drift - a.drift || since(a) - since(b) || behind(b) - behind(a) || byName(a.name, b.name)
  );
}

/**
 * The worst first: what differs and should not, the backlog of paused targets, what waits, what is up to date. Then by
 * target and image; the releases of one image keep their order.
 */
export function byUrgency(a: Finding, b: Finding): number {
  return (
    urgencyOf(a) - urgencyOf(b) ||
    STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
    byName(a.target.name, b.target.name) ||
    byName(a.image, b.image)
  );
}

function urgencyOf(finding: Finding): number {
  if (finding.state === 'current') return 3;
  if (isPending(finding)) return 2;
  return isDrift(finding) ? 0 : 1;
}

function timesOf(dates: readonly (Date | undefined)[]): number[] {
  return dates.flatMap((date) => date?.getTime() ?? []);
}

/** Not `Math.min` at once: there may be more than fit in the arguments of a call. */
function lowest(numbers: readonly number[]): number {
  return numbers.reduce((least, one) => Math.min(least, one), Infinity);
}
