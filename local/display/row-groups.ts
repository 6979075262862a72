import { oneLine } from '../../shared/text/untrusted';
import { formatBytes, formatSeconds } from './figures';

/** One artifact on its way to one target. */
export interface Row {
  /** Below the vendor's repository or folder: `api`. */
  readonly image: string;
  /** A tag, or the start of a digest for an attachment that came by itself; an object has none. */
  readonly tag: string;
  readonly target: string;
  /** `waiting`, or what was logged last: `copied`, `current`, `retrying`, `dead-lettered`, ... */
  readonly outcome: string;
  readonly bytes?: number;
  /** Signatures, SBOMs and the like that came with it. */
  readonly attachments?: number;
  readonly seconds?: number;
  /** Why it is not there, for people. */
  readonly problem?: string;
  /** What it waits for: `a signature by release`. */
  readonly awaits?: string;
}

/** Rows of one release with one outcome. */
export type RowGroup = readonly [Row, ...Row[]];

/** Targets that are named; of more only the count. */
const MAX_NAMES = 3;

/** Groups rows by release and outcome, in the order of the first row of each. */
export function groupRows(rows: readonly Row[]): RowGroup[] {
  const groups = new Map<string, [Row, ...Row[]]>();
  for (const row of rows) {
    const key = groupKey(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}

export function groupKey(row: Row): string {
  return JSON.stringify([row.image, row.tag, outcomeOf(row), row.awaits]);
}

/** The outcome for people: a redelivery is a retry, and what only lacks a statement waits. */
export function outcomeOf({ outcome, awaits }: Row): string {
  if (awaits !== undefined) return 'waiting';
  return outcome === 'refused' ? 'retrying' : outcome;
}

/** `copied        api:1.4.0 -> 199 targets  4.2 MB, 0.2-0.4 s` */
export function describeGroup(group: RowGroup): string {
  const [{ image, tag, awaits, problem }] = group;
  const separator = tag === '' ? '' : tag.startsWith('sha256:') ? '@' : ':';
  const outcome = outcomeOf(group[0]).padEnd(14);
  const release = `${outcome}${image}${separator}${tag}`;
  if (awaits !== undefined) return oneLine(`${release} for ${awaits}`);
  const attachments = Math.max(...group.map((row) => row.attachments ?? 0));
  const figures = [
    bytesOf(group),
    attachments > 0 && `attachments: ${attachments}`,
    secondsOf(group),
    problem,
  ].filter(Boolean);
  return oneLine(`${release} -> ${targetsOf(group)}  ${figures.join(', ')}`.trimEnd());
}

/** `acme, globex`, or `199 targets` */
export function targetsOf(group: RowGroup): string {
  const names = [...new Set(group.map(({ target }) => target))].sort();
  return names.length <= MAX_NAMES ? names.join(', ') : `${names.length} targets`;
}

/** The most that a target received: some may have had a part of it before. */
export function bytesOf(group: RowGroup): string {
  const known = group.flatMap(({ bytes }) => bytes ?? []);
  return known.length === 0 ? '' : formatBytes(Math.max(...known));
}

/** `0.28 s`, or from the fastest to the slowest `0.2-0.4 s` */
export function secondsOf(group: RowGroup): string {
  const known = group.flatMap(({ seconds }) => seconds ?? []);
  if (known.length === 0) return '';
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const [first, last] = [least.toFixed(1), most.toFixed(1)];
  return known.length === 1 || first === last ? formatSeconds(most) : `${first}-${last} s`;
}
