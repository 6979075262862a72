import { isDrift, isPending, STATES, type Finding } from '../shared/inventory/finding';
import { byWorst, overviewOf, type Overview } from '../shared/inventory/overview';
import { releaseName } from '../shared/kinds/references';
import { counted } from '../shared/text/names';
import { formatDuration } from '../shared/text/duration';
import { formatTable, type Cell, type Column } from '../shared/text/table';
import { wrapped } from '../shared/text/wrapped';
import { COLOURS, formatRows, shortName, type RowStyle } from './status-rows';
import { painted, type Paint } from './terminal';

/** How a report is written, and as of when. */
interface Style extends RowStyle {
  readonly now: number;
}

/** Rows of each table of the summary; `--all` and filters show all releases one by one. */
const ROWS_SHOWN = 20;

/** The customers, then the releases, the worst first, and what to do. */
export function formatSummary(findings: readonly Finding[], style: Style): string {
  const customers = Map.groupBy(findings, ({ target }) => target.name);
  // That a customer cannot be asked says nothing about a release.
  const answered = findings.filter(({ state }) => state !== 'unreachable');
  const releases = Map.groupBy(answered, ({ source }) => releaseName(source));
  return [
    ...formatTallies(
      [...customers].map(([name, some]) => ({ name, ...overviewOf(some) })),
      CUSTOMERS,
      style,
    ),
    ...formatTallies(namedReleases(releases), RELEASES, style),
    ...remediesOf(findings, style),
    formatVerdict(findings, style),
  ].join('\n');
}

const CUSTOMERS = { head: 'TARGET', share: 'HOLDS', noun: 'target' };
const RELEASES = { head: 'RELEASE', share: 'HELD BY', noun: 'release' };

/** Short names, and full ones where several sources have a release of that short name. */
function namedReleases(releases: ReadonlyMap<string, readonly Finding[]>): Named[] {
  const shortOf = ([first]: readonly Finding[]): string => (first ? shortName(first) : '');
  const namesakes = Map.groupBy(releases.values(), shortOf);
  return [...releases].map(([full, some]) => {
    const short = shortOf(some);
    const name = (namesakes.get(short)?.length ?? 0) > 1 ? full : short;
    return { name, ...overviewOf(some) };
  });
}

/** Each finding in a row of its own, and what to do. */
export function formatFindings(
  all: readonly Finding[],
  shown: readonly Finding[],
  style: Style,
): string {
  return [
    ...(shown.length > 0 ? [formatRows(shown, style), ''] : []),
    ...remediesOf(shown, style),
    formatVerdict(all, style),
  ].join('\n');
}

interface Named extends Overview {
  readonly name: string;
}

interface Wording {
  readonly head: string;
  readonly share: string;
  readonly noun: string;
}

/** Lines with an empty one at their end. */
function formatTallies(all: readonly Named[], wording: Wording, style: Style): string[] {
  if (all.length === 0) return [];
  const sorted = all.toSorted(byWorst);
  const worst = sorted.filter(({ totals, findings }) => totals.current < findings.length);
  // A few are shown whatever they hold.
  const shown = (all.length > ROWS_SHOWN ? worst : sorted).slice(0, ROWS_SHOWN);
  const hasTimes = shown.some(({ deliveredAt }) => deliveredAt !== undefined);
  const columns: Column[] = [
    { name: wording.head },
    { name: wording.share, align: 'right' },
    { name: 'DIFFERS' },
    { name: 'FOR', align: 'right' },
    ...(hasTimes ? [{ name: 'DELIVERED' }] : []),
  ];
  const rows = shown.map((one) => [
    one.name,
    `${one.totals.current}/${one.findings.length}`,
    differences(one, style.paint),
    one.since === undefined ? '' : formatDuration(style.now - one.since.getTime()),
    ...(hasTimes ? [deliveries(one, style.now)] : []),
  ]);
  const table = formatTable({ columns, rows, width: style.width });
  return [...(rows.length > 0 ? [table] : []), ...remainder(all, worst, shown, wording.noun), ''];
}

/** What the table leaves out. */
function remainder(
  all: readonly Named[],
  worst: readonly Named[],
  shown: readonly Named[],
  noun: string,
): string[] {
  const hidden = worst.length - shown.filter((one) => worst.includes(one)).length;
  const well = all.length - worst.length - shown.filter((one) => !worst.includes(one)).length;
  return [
    ...(hidden > 0 ? [`and ${counted(hidden, noun)} more; --all shows everything`] : []),
    ...(well > 0 ? [`${counted(well, noun)} ${well === 1 ? 'is' : 'are'} up to date`] : []),
  ];
}

function differences({ totals, drift }: Overview, paint: Paint): Cell {
  const differing = STATES.filter((state) => state !== 'current' && totals[state] > 0);
  const worst = differing.at(-1);
  if (worst === undefined) return '';
  const isPaused = drift === 0 && differing.some((state) => !isPending({ state }));
  const text = differing.map((state) => `${totals[state]} ${state}`).join(', ');
  const colour = isPaused ? 'dim' : COLOURS[worst];
  return painted(paint, colour, `${text}${isPaused ? ' (paused)' : ''}`);
}

/** `5 min ago, in at most 12 s` */
function deliveries({ deliveredAt, longest }: Overview, now: number): string {
  if (deliveredAt === undefined) return '';
  const ago = `${formatDuration(now - deliveredAt.getTime())} ago`;
  return longest === undefined ? ago : `${ago}, in at most ${formatDuration(longest)}`;
}

/** Each trouble once, with whom it is about, one of its errors, and what to do. */
function remediesOf(findings: readonly Finding[], { paint, width }: Style): string[] {
  const troubled = findings.flatMap(({ target, trouble, why }) => {
    const { reason = why?.why, error = '', remedy } = trouble ?? why ?? {};
    if (reason === undefined || remedy === undefined) return [];
    return [{ target: target.name, reason, error, remedy }];
  });
  const byTrouble = Map.groupBy(troubled, ({ reason, remedy }) => `${reason}\n${remedy}`);
  return [...byTrouble.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const targets = nameSome([...new Set(some.map(({ target }) => target))]);
    const errors = new Set(some.map(({ error }) => error)).size;
    const more = errors > 1 ? ` (and ${counted(errors - 1, 'error')} like it)` : '';
    const error = first.error === '' ? '' : `: ${first.error}`;
    const text = `${targets}: ${first.reason}${error}${more}`;
    return [
      wrapped(painted(paint, 'bold', text), { width }),
      wrapped(first.remedy, { width, indent: '  ' }),
      '',
    ];
  });
}

const NAMES_SHOWN = 5;

function nameSome(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(', ');
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
}

function formatVerdict(all: readonly Finding[], { paint, width }: Style): string {
  if (all.length === 0) return 'No release matches the rules and filters';
  const { drift, totals } = overviewOf(all.filter(isDrift));
  const counts = STATES.filter((state) => totals[state] > 0).map((state) =>
    painted(paint, COLOURS[state], `${totals[state]} ${state}`),
  );
  const current = all.filter(({ state }) => state === 'current').length;
  const copies = counted(drift > 0 ? all.length : current, 'copy', 'copies');
  const verdict =
    drift > 0
      ? [
          `${drift} of ${copies} ${drift === 1 ? 'differs' : 'differ'}: `,
          ...counts.flatMap((count, at) => (at === 0 ? [count] : [', ', count])),
        ]
      : [`${copies} up to date`];
  return wrapped([...verdict, ...allowances(all).map((one) => `; ${one}`)], { width });
}

/** Differences that are not drift. */
function allowances(all: readonly Finding[]): string[] {
  const held = all.filter(({ state }) => state === 'held').length;
  const waiting = all.filter(({ state }) => state === 'waiting').length;
  const left = all.filter(
    (one) => one.pause !== undefined && one.state !== 'current' && !isPending(one),
  ).length;
  return [
    ...(held > 0 ? [`${held} held`] : []),
    ...(waiting > 0 ? [`${waiting} waiting for hubs`] : []),
    ...(left > 0 ? [`${left} left for later at paused targets`] : []),
  ];
}
