import type { KindName } from '../../shared/rules/artifact';
import { KIND_NAMES } from '../../shared/kinds/kinds';
import type { ChaosReport, KindReport } from './run';

/** The figures as Markdown tables, and what is wrong below them. */
export function renderReport(report: ChaosReport): string {
  const { kinds, outcomes, problems } = report;
  const all = tableOf(
    ['', ''],
    [
      ['seed', report.seed],
      ['releases', report.pushes],
      ['targets', report.targets],
      ['seconds', report.seconds],
      ['messages', report.messages],
      ['deliveries', report.deliveries],
      ['of them refused and delivered again', report.refused],
      ['delivered twice on top', report.duplicates],
      ['held back', report.heldBack],
      ['functions killed', report.kills],
      ['outcomes', list(outcomes)],
      ['messages never acknowledged', report.unacknowledged],
      ['releases that a target lacks or holds in an older version', report.lost],
      ['problems', problems.length],
    ],
  );
  const row = (name: string, figure: (kind: KindReport) => string | number) => [
    name,
    ...KIND_NAMES.map((kind) => figure(kinds[kind])),
  ];
  const byKind = tableOf(
    ['', ...KIND_NAMES.map(plural)],
    [
      row('operations that failed', ({ faults }) => faults),
      row('written at targets', ({ writes }) => writes),
      row('seen before all of their content', ({ incomplete }) => incomplete.length),
      row('visible steps back', ({ stepsBack }) => stepsBack),
      row('of them later than an attempt lasts', ({ unexplained }) => unexplained.length),
      row('longest step back', ({ longestStepBack }) => `${Math.round(longestStepBack)} ms`),
    ],
  );
  const wrong = problems.map((problem) => `- ${problem}`).join('\n');
  return `${all}\n${byKind}${wrong === '' ? '' : `\n${wrong}\n`}`;
}

function plural(kind: KindName): string {
  return `${kind}s`;
}

type Cells = readonly (string | number)[];

function tableOf(head: Cells, rows: readonly Cells[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function list(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).sort(([a], [b]) => a.localeCompare(b));
  return entries.map(([name, count]) => `${name} ${count}`).join(', ');
}
