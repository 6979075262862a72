import type { Hold } from '../shared/inventory/comparison';
import type { RulesDiff } from '../shared/inventory/rules-diff';
import type { Wanted } from '../shared/inventory/wanted';
import { releaseName } from '../shared/kinds/references';
import { counted, formatNames } from '../shared/text/names';
import { oneLine } from '../shared/text/untrusted';
import { wrapped } from '../shared/text/wrapped';
import { groupCopies, describeGroup, ungrouped, namesOf, type CopyGroup } from './copy-groups';
import { formatBytes } from './format';
import { painted, type Colour, type Style } from './terminal';

/** Releases and targets with the same change. */
interface Change extends CopyGroup {
  readonly does: 'starts' | 'stops' | 'changes';
  /** Of what is released in another way: `platforms`, `immutable`. */
  readonly options: readonly string[];
}

/** What would wait for something, and for what. */
type Held = Wanted & { readonly hold: Hold };

/** For a terminal: a line for each change, or, with `all`, for each release at each target. */
export function describeDiff(
  diff: RulesDiff,
  held: readonly Held[],
  { paint, width, all }: Style & { readonly all: boolean },
): string {
  const marked = (text: string, colour: Colour): string =>
    wrapped(painted(paint, colour, text), { width, hang: '    ', hard: true });
  const changes = changesOf(diff, all).map((change) => {
    const [mark, colour] = MARKS[change.does];
    return marked(`${mark} ${describeChange(change)}`, colour);
  });
  const waiting = heldLines(held).map((line) => marked(`! ${line}`, 'blue'));
  const summary = [...summaryOf(diff), ...heldSummary(held)].map((one) => wrapped(one, { width }));
  return [...changes, ...waiting, ...summary, ''].join('\n');
}

/** A line for each release and what it would wait for, with whom. */
function heldLines(held: readonly Held[]): string[] {
  const groups = Map.groupBy(held, ({ source, hold }) => `${releaseName(source)} ${hold.error}`);
  return [...groups.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const { hold, source } = first;
    const targets = [...new Set(some.map(({ target }) => target.name))];
    const what = hold.state === 'held' ? 'would be held' : 'unknown';
    return [`${releaseName(source)} -> ${formatNames(targets)}: ${what}: ${hold.error}`];
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

function describeChange({ options, ...change }: Change): string {
  const other = options.length === 0 ? '' : `: other ${options.join(', ')}`;
  return `${describeGroup(change)}${other}`;
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
    return `| ${what} | ${formatNames(targets)} | ${codeOf(namesOf(releases))} | ${place} | ${rule} |`;
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
  const grouped = all ? ungrouped : groupCopies;
  const byOptions = Map.groupBy(changed, ({ options }) => options.join(', '));
  return [
    ...grouped(started).map((change) => ({ ...change, does: 'starts' as const, options: [] })),
    ...grouped(stopped).map((change) => ({ ...change, does: 'stops' as const, options: [] })),
    ...[...byOptions.values()].flatMap((some) => {
      const [{ options } = { options: [] }] = some;
      const after = grouped(some.map((one) => one.after));
      return after.map((change) => ({ ...change, does: 'changes' as const, options }));
    }),
  ];
}
