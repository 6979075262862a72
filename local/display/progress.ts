import { formatReference, parseReference, type Reference } from '../../shared/oci/reference';
import { explain } from '../../shared/rules/explain';
import { isAttachmentTag, matchTag } from '../../shared/rules/match';
import type { Rules } from '../../shared/rules/rules';
import type { GcrMessage } from '../registry/events';
import type { LogEntry } from '../stack/log-entry';
import { formatBytes, formatSeconds } from './figures';

/** One image on its way to one target. */
export interface Row {
  /** Below the vendor's repository: `api`. */
  readonly image: string;
  /** A tag, or the start of a digest for an attachment that came by itself. */
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
}

/** What is known of the releases, from what the vendor's registry and the functions tell. */
export interface Progress {
  /** An image was pushed: rows for where it should go. */
  pushed(message: GcrMessage): void;
  /** A function logged something. Returns what a person should be told, if anything. */
  logged(entry: LogEntry): Notice | undefined;
  /** In the order in which they were pushed. */
  rows(): readonly Row[];
}

export interface Notice {
  readonly text: string;
  /** A row says the same. */
  readonly inTable: boolean;
}

const ON_THE_WAY = ['waiting', 'retrying', 'refused', 'continued'];

export function isOnTheWay({ outcome }: Row): boolean {
  return ON_THE_WAY.includes(outcome);
}

export function createProgress(rules: Rules, source: string): Progress {
  const rows = new Map<string, Row>();
  const put = (reference: Reference, target: string, change: Partial<Row>): Row => {
    const image = formatReference({
      registry: reference.registry,
      repository: reference.repository,
    }).replace(`${source}/`, '');
    const tag = reference.tag ?? reference.digest?.slice(0, 'sha256:'.length + 12) ?? '';
    const key = `${image} ${tag} ${target}`;
    const row = { outcome: 'waiting', ...rows.get(key), image, tag, target, ...change };
    rows.set(key, row);
    return row;
  };

  return {
    pushed(message) {
      if (message.action !== 'INSERT' || message.tag === undefined) return;
      const image = parseReference(message.tag);
      for (const { target } of matchTag(rules, { tag: '', ...image })) {
        put(image, target.name, { outcome: 'waiting' });
      }
    },
    logged(entry) {
      const reference = entry.source === undefined ? undefined : parseReference(entry.source);
      if (reference === undefined || entry.outcome === undefined) return describeTrouble(entry);
      if (entry.function === 'planCopies' && entry.outcome === 'ignored') {
        return describeIgnored(rules, reference, entry, source);
      }
      if (entry.target === undefined) return describeTrouble(entry);
      // An attachment whose image is not there yet: the image's own copy brings it.
      if (reference.tag === undefined && entry.outcome === 'not released') return undefined;
      const problem = problemOf(entry);
      const row = put(reference, entry.target, {
        outcome: entry.outcome,
        ...(entry.bytes !== undefined && { bytes: entry.bytes }),
        ...(entry.attachments !== undefined && { attachments: entry.attachments }),
        ...(entry.copySeconds !== undefined && { seconds: entry.copySeconds }),
        ...(problem !== undefined && { problem }),
      });
      return { text: describeRow(row), inTable: true };
    },
    rows: () => [...rows.values()],
  };
}

export function describeRow(row: Row): string {
  const { image, tag, target, outcome, bytes, attachments, seconds, problem } = row;
  const figures = [
    bytes !== undefined && formatBytes(bytes),
    attachments !== undefined && attachments > 0 && `attachments: ${attachments}`,
    seconds !== undefined && formatSeconds(seconds),
    problem,
  ].filter(Boolean);
  const separator = tag.startsWith('sha256:') ? '@' : ':';
  return `${outcome.padEnd(14)}${image}${separator}${tag} -> ${target}  ${figures.join(', ')}`.trimEnd();
}

/** Why an image was not released, rule by rule; nothing about children of an index, which are not meant to be. */
function describeIgnored(
  rules: Rules,
  reference: Reference,
  entry: LogEntry,
  source: string,
): Notice | undefined {
  const { tag } = reference;
  if (tag === undefined || isAttachmentTag(tag)) return undefined;
  const copies = matchTag(rules, { ...reference, tag });
  const why =
    copies.length > 0
      ? String(entry['why'])
      : explain(rules, reference)
          .rules.map(({ rule, why: clause }) => `rule "${rule}": ${clause}`)
          .join('; ');
  const image = formatReference(reference).replace(`${source}/`, '');
  return { text: `${'not released'.padEnd(14)}${image}  ${why}`, inTable: false };
}

function describeTrouble(entry: LogEntry): Notice | undefined {
  if (!['WARNING', 'ERROR', 'CRITICAL'].includes(entry.severity)) return undefined;
  const text = [entry.function, entry.message, problemOf(entry)].filter(Boolean).join(': ');
  return { text, inTable: false };
}

function problemOf({ reason, error, remedy }: LogEntry): string | undefined {
  const parts = [reason, typeof error === 'string' ? error : undefined, remedy].filter(Boolean);
  return parts.length === 0 ? undefined : parts.join(': ');
}
