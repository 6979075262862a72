import type { Hold } from '../shared/inventory/comparison';
import type { RulesDiff } from '../shared/inventory/rules-diff';
import type { Wanted } from '../shared/inventory/wanted';
import { formatArtifact, nameOf, releaseName, tagOf } from '../shared/kinds/references';
import { counted } from '../shared/text/counted';
import { oneLine } from '../shared/text/one-line';
import { few } from './few';
import { formatBytes } from './format';
import type { createPaint } from './terminal';

type Paint = ReturnType<typeof createPaint>;

/** What changes alike: releases of one image (or objects of one rule) for the same targets. */
interface Change {
  readonly does: 'starts' | 'stops' | 'changes';
  /** Of what is released in another way: `platforms`, `immutable`. */
  readonly options: readonly string[];
  readonly rule: string;
  /** Every release, once. */
  readonly releases: readonly Wanted['source'][];
  readonly targets: readonly string[];
  /** Where it is one release for one target. */
  readonly destination?: string;
}

/** What would wait for something, and for what. */
type Held = Wanted & { readonly hold: Hold };

/** For a terminal: a line for each change, or, with `all`, for each release at each target. */
export function describeDiff(
  diff: RulesDiff,
  held: readonly Held[],
  { paint, all }: { readonly paint: Paint; readonly all: boolean },
): string {
  const changes = changesOf(diff, all).map((change) => {
    const [mark, colour] = MARKS[change.does];
    return paint(colour, `${mark} ${describeChange(change)}`);
  });
  const waiting = heldLines(held).map((line) => paint('blue', `! ${line}`));
  return [...changes, ...waiting, ...summaryOf(diff), ...heldSummary(held), ''].join('\n');
}

/** A line for each release and what it would wait for, with whom. */
function heldLines(held: readonly Held[]): string[] {
  const groups = groupBy(held, ({ source, hold }) => `${releaseName(source)} ${hold.error}`);
  return groups.flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const { hold, source } = first;
    const targets = [...new Set(some.map(({ target }) => target.name))];
    const what = hold.state === 'held' ? 'would be held' : 'nobody can say';
    return [oneLine(`${releaseName(source)} -> ${few(targets)}: ${what}: ${hold.error}`)];
  });
}

function heldSummary(held: readonly Held[]): string[] {
  const count = held.filter(({ hold }) => hold.state === 'held').length;
  if (count === 0) return [];
  return [
    `${count} would be held until what the rules require is there; targets keep what they have.`,
  ];
}

const MARKS = {
  starts: ['+', 'green'],
  stops: ['-', 'red'],
  changes: ['~', 'yellow'],
} as const;

function describeChange({ rule, options, releases, targets, destination }: Change): string {
  const place = destination === undefined ? '' : `: ${destination}`;
  const other = options.length === 0 ? '' : `: other ${options.join(', ')}`;
  return oneLine(`${namesOf(releases)} -> ${few(targets)}${place} (${rule})${other}`);
}

/** `us-docker.pkg.dev/v/r/api:1.4.0, 1.4.1, 1.4.2 and 9 more` */
function namesOf(releases: readonly Wanted['source'][]): string {
  const [first] = releases;
  const tags = releases.map(tagOf);
  if (first === undefined || tags.includes('')) return few(releases.map(releaseName));
  return `${nameOf(first)}:${few(tags)}`;
}

/** In a pull request a long list hides what matters. */
const MOST_ROWS = 100;

/** For a comment on a pull request. */
export function describeDiffInMarkdown(
  diff: RulesDiff,
  held: readonly Held[],
  all: boolean,
): string {
  const changes = changesOf(diff, all);
  const lines = changes.slice(0, MOST_ROWS).map((change) => {
    const { does, options, releases, targets, destination, rule } = change;
    const what = [does, ...options].join(', ').replace(',', ':');
    const place = destination === undefined ? '' : codeOf(destination);
    return `| ${what} | ${few(targets)} | ${codeOf(namesOf(releases))} | ${place} | ${rule} |`;
  });
  const head = ['| | targets | releases | destination | rule |', '| --- | --- | --- | --- | --- |'];
  return [
    '### What these rules change',
    '',
    ...[...summaryOf(diff), ...heldSummary(held)].map((text) => `- ${text}`),
    ...(lines.length === 0 ? [] : ['', ...head, ...lines]),
    ...(held.length === 0 ? [] : ['', ...heldLines(held).slice(0, MOST_ROWS).map(codeLine)]),
    ...(changes.length > MOST_ROWS ? ['', `… and ${changes.length - MOST_ROWS} more.`] : []),
    '',
  ].join('\n');
}

/** A name in a cell of a table, as it is: that of an object may have bars and backticks. */
function codeOf(name: string): string {
  const text = oneLine(name);
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const space = longest > 0 ? ' ' : '';
  const fence = '`'.repeat(longest + 1);
  return `${fence}${space}${text.replaceAll('|', '\\|')}${space}${fence}`;
}

function codeLine(text: string): string {
  return `- ${codeOf(text)}`;
}

function summaryOf({ started, stopped, changed }: RulesDiff): string[] {
  if (started.length + stopped.length + changed.length === 0) {
    return ['Nothing changes for what is at the source now.'];
  }
  const bytes = started.reduce((sum, { source }) => sum + (source.size ?? 0), 0);
  const to = new Set(started.map(({ target }) => target.name)).size;
  const targets = counted(to, 'target');
  return [
    ...(started.length === 0
      ? []
      : [
          `${started.length} would start, to ${targets}, up to ${formatBytes(bytes)}; what is pushed already needs \`relay backfill\`.`,
        ]),
    ...(stopped.length === 0 ? [] : [`${stopped.length} would stop; targets keep what they have.`]),
    ...(changed.length === 0 ? [] : [`${changed.length} would be released in another way.`]),
  ];
}

function changesOf({ started, stopped, changed }: RulesDiff, all: boolean): Change[] {
  const grouped = all ? eachOf : alike;
  const byOptions = groupBy(changed, ({ options }) => options.join(', '));
  return [
    ...grouped(started).map((change) => ({ ...change, does: 'starts' as const, options: [] })),
    ...grouped(stopped).map((change) => ({ ...change, does: 'stops' as const, options: [] })),
    ...byOptions.flatMap((some) => {
      const [{ options } = { options: [] }] = some;
      const after = grouped(some.map((one) => one.after));
      return after.map((change) => ({ ...change, does: 'changes' as const, options }));
    }),
  ];
}

type Releases = Omit<Change, 'does' | 'options'>;

function eachOf(wanted: readonly Wanted[]): Releases[] {
  return wanted.map(({ rule, source, target, destination }) => ({
    rule: rule.name,
    releases: [source],
    targets: [target.name],
    destination: formatArtifact(destination),
  }));
}

/** First the targets of each release, then the releases that have the same. */
function alike(wanted: readonly Wanted[]): Releases[] {
  const releases = groupBy(wanted, ({ rule, source }) => `${rule.name} ${releaseName(source)}`);
  const withTargets = releases.map((some) => ({
    some,
    targets: [...new Set(some.map(({ target }) => target.name))],
  }));
  const groups = groupBy(withTargets, ({ some: [first], targets }) => {
    const place = first === undefined || tagOf(first.source) === '' ? '' : nameOf(first.source);
    return JSON.stringify([first?.rule.name, place, targets]);
  });
  return groups.flatMap((group) => {
    const all = group.flatMap(({ some }) => some);
    const [only] = all;
    if (only === undefined) return [];
    if (all.length === 1) return eachOf(all);
    const { targets } = group[0] ?? { targets: [] };
    const firsts = group.flatMap(({ some: [first] }) => (first === undefined ? [] : [first]));
    return [{ rule: only.rule.name, targets, releases: firsts.map(({ source }) => source) }];
  });
}

/** In the order in which they come. */
function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const known = groups.get(key);
    if (known) known.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}
