import { oneLine } from '../../shared/text/untrusted';
import type { Artifact } from '../../shared/rules/artifact';
import { nameOf, parseArtifact, references } from '../../shared/kinds/references';
import { awaitedBy } from '../../shared/rules/clauses';
import { explain } from '../../shared/rules/explain';
import { matchArtifact } from '../../shared/rules/match';
import { pathUnder } from '../../shared/rules/place';
import type { Rule, Rules } from '../../shared/rules/rules';
import { systemClock } from '../../shared/system/clock';
import type { GcrMessage } from '../servers/registry/events';
import type { LogEntry } from '../stack/log-entry';
import { describeGroup, type Row } from './row-groups';

/** The state of the releases, from the vendor's registry and the functions' logs. */
export interface Progress {
  /** An image was pushed: rows for where it should go. */
  pushed(message: GcrMessage): void;
  /** A template or object is about to be: the same. */
  expect(artifact: Artifact): void;
  /** Handles a log entry of a function. Returns the notice to show, if any. */
  logged(entry: LogEntry): Notice | undefined;
  /** In the order in which they were pushed. */
  rows(): readonly Row[];
}

export interface Notice {
  readonly text: string;
  /** The row that says the same. */
  readonly row?: Row;
}

const ON_THE_WAY = ['waiting', 'retrying', 'refused', 'continued'];

export function isOnTheWay({ outcome }: Row): boolean {
  return ON_THE_WAY.includes(outcome);
}

/** `sources` are the vendor's places, below which everything is named. */
export function createProgress(rules: Rules, sources: readonly string[]): Progress {
  const rows = new Map<string, Row>();
  const put = (artifact: Artifact, target: string, change: Partial<Row>): Row => {
    const image = shortName(artifact, sources);
    const { tag: own, digest } = references.detailsOf(artifact);
    const tag = own ?? digest?.slice(0, 'sha256:'.length + 12) ?? '';
    const key = `${image} ${tag} ${target}`;
    const row = { outcome: 'waiting', ...rows.get(key), image, tag, target, ...change };
    rows.set(key, row);
    return row;
  };

  const expect = (artifact: Artifact): void => {
    for (const { target } of matchArtifact(rules, artifact)) {
      put(artifact, target.name, { outcome: 'waiting' });
    }
  };

  return {
    expect,
    pushed(message) {
      if (message.action !== 'INSERT' || message.tag === undefined) return;
      const image = parseArtifact(message.tag);
      // Attachments have no rows of their own before they are copied.
      if (references.detailsOf(image).isAttachment) return;
      expect(image);
    },
    logged(entry) {
      const artifact = entry.source === undefined ? undefined : parseArtifact(entry.source);
      if (artifact === undefined || entry.outcome === undefined) return describeTrouble(entry);
      if (entry.function === 'planCopies' && entry.outcome === 'ignored') {
        return describeIgnored(rules, artifact, entry, sources);
      }
      if (entry.target === undefined) return describeTrouble(entry);
      // An attachment whose image is not there yet: the image's own copy brings it.
      const { tag, digest } = references.detailsOf(artifact);
      const isUntagged = tag === undefined && digest !== undefined;
      if (isUntagged && entry.outcome === 'not released') return undefined;
      const row = put(artifact, entry.target, {
        outcome: entry.outcome,
        ...(entry.bytes !== undefined && { bytes: entry.bytes }),
        ...(entry.attachments !== undefined && { attachments: entry.attachments }),
        ...(entry.copySeconds !== undefined && { seconds: entry.copySeconds }),
        problem: problemOf(entry),
        awaits: awaitedOf(rules, entry),
      });
      return { text: describeGroup([row]), row };
    },
    rows: () => [...rows.values()],
  };
}

/** Why something was not released, rule by rule; nothing about children of an index, which are not meant to be. */
function describeIgnored(
  rules: Rules,
  artifact: Artifact,
  entry: LogEntry,
  sources: readonly string[],
): Notice | undefined {
  const { tag, isAttachment } = references.detailsOf(artifact);
  if (isAttachment) return undefined;
  // An event may name its source differently from the rules: an audit log has no host.
  const isKnown = rules.rules.some(({ at }) => pathUnder(at, nameOf(artifact)) !== undefined);
  if (!isKnown) return notReleased(String(entry['why']));
  const why =
    matchArtifact(rules, artifact).length > 0
      ? String(entry['why'])
      : explain({ ...rules, rules: rules.rules.filter(isAbout(artifact)) }, artifact, {
          now: systemClock.now(),
        })
          .rules.map(({ rule, why: clause }) => `rule "${rule}": ${clause}`)
          .join('; ');
  const name = `${shortName(artifact, sources)}${tag === undefined ? '' : `:${tag}`}`;
  return notReleased(`${name}  ${why}`);
}

function notReleased(what: string): Notice {
  return { text: oneLine(`${'not released'.padEnd(14)}${what}`) };
}

function isAbout(artifact: Artifact): (rule: Rule) => boolean {
  return ({ kind }) => kind === artifact.kind;
}

/** Without the vendor's place, which all have in common. */
function shortName(artifact: Artifact, sources: readonly string[]): string {
  const name = nameOf(artifact);
  const source = sources.find((one) => name.startsWith(`${one}/`));
  return source === undefined ? name : name.slice(source.length + 1);
}

function describeTrouble(entry: LogEntry): Notice | undefined {
  if (!['WARNING', 'ERROR', 'CRITICAL'].includes(entry.severity)) return undefined;
  const text = [entry.function, entry.message, problemOf(entry)].filter(Boolean).join(': ');
  return { text: oneLine(text) };
}

/** What a release lacks that its rule requires; undefined for what has another trouble. */
function awaitedOf(rules: Rules, { reason, rule: name }: LogEntry): string | undefined {
  if (reason !== 'unproven') return undefined;
  const rule = rules.rules.find((one) => one.name === name);
  const awaited = rule === undefined ? [] : awaitedBy(rule);
  return awaited.length === 0
    ? 'its statements'
    : awaited.map((one) => `${/^[aeiou]/.test(one) ? 'an' : 'a'} ${one}`).join(', ');
}

function problemOf({ reason, error, remedy }: LogEntry): string | undefined {
  const said = typeof error === 'string' ? error.replace(/[.!?]$/, '') : undefined;
  const parts = [reason, said, remedy].filter(Boolean);
  return parts.length === 0 ? undefined : parts.join(': ');
}
