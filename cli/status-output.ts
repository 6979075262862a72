import { totalsOf, type Finding } from '../shared/inventory/finding';
import { releaseName } from '../shared/kinds/references';
import { systemClock } from '../shared/system/clock';
import { formatCsv } from './csv';
import { formatOf, printData, wantsData, type OutputFlags } from './output';
import type { ReleaseNames } from './release-filter';
import { COLUMNS, formatRows, rowOf } from './status-rows';
import { formatFindings, formatSummary } from './status-summary';
import { styleOf, type Terminal } from './terminal';

/** What `status` can print. */
export const STATUS_FORMATS = ['table', 'wide', 'json', 'yaml', 'csv', 'name'];

export interface StatusOutputFlags extends OutputFlags, ReleaseNames {
  readonly all?: boolean;
  readonly drift?: boolean;
  /** False: rows alone, without headings and a summary. */
  readonly headers: boolean;
}

export interface Compared {
  readonly findings: readonly Finding[];
  /** Those that are listed. */
  readonly shown: readonly Finding[];
  readonly requests: number;
  /** It is about one release. */
  readonly isNarrow: boolean;
}

export function printStatus(
  terminal: Terminal,
  flags: StatusOutputFlags,
  compared: Compared,
): void {
  const { stdout } = terminal;
  const { findings, shown, requests } = compared;
  if (wantsData(flags)) {
    printData(stdout, flags, { targets: shown.map(rowOf), totals: totalsOf(findings), requests });
    return;
  }
  const format = formatOf(flags);
  if (format === 'csv') {
    stdout.write(formatCsv(COLUMNS, shown.map(rowOf), { headers: flags.headers }));
  } else if (format === 'name') {
    for (const name of new Set(shown.map(({ source }) => releaseName(source)))) {
      stdout.write(`${name}\n`);
    }
  } else {
    const text = describe(compared, flags, terminal);
    if (text !== '') stdout.write(`${text}\n`);
  }
}

/** Shows a summary, unless rows are requested: all, or those of a filter. */
function describe(
  { findings, shown, isNarrow }: Compared,
  flags: StatusOutputFlags,
  terminal: Terminal,
): string {
  const isWide = formatOf(flags) === 'wide';
  const { width, ...rest } = styleOf(terminal);
  // Wide cells are not wrapped, so that they can be copied.
  const style = { ...rest, ...(!isWide && { width }), now: systemClock.now(), isWide };
  if (!flags.headers) return formatRows(shown, { ...style, headers: false });
  const { all, drift, rule, target, image, tag } = flags;
  const hasRows =
    isNarrow || [all, drift, rule, target, image, tag].some((flag) => flag !== undefined);
  return hasRows || isWide
    ? formatFindings(findings, shown, style)
    : formatSummary(findings, style);
}
