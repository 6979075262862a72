import type { ChaosReport } from './run';

/** The figures as a Markdown table, and what is wrong below it. */
export function renderReport(report: ChaosReport): string {
  const { letters, outcomes, problems } = report;
  const rows: [string, string | number][] = [
    ['seed', report.seed],
    ['pushes and messages', report.pushes],
    ['targets', report.targets],
    ['seconds', report.seconds],
    ['messages', report.messages],
    ['deliveries', report.deliveries],
    ['of them refused and delivered again', report.refused],
    ['delivered twice on top', report.duplicates],
    ['held back', report.heldBack],
    ['registry operations that failed', report.faults],
    ['functions killed', report.kills],
    ['outcomes', list(outcomes)],
    ['tags written', report.writes],
    ['tags seen before all of their content', report.incomplete.length],
    ['visible steps back', `${report.stepsBack} (bound ${report.stepsBackBound})`],
    ['longest step back', `${Math.round(report.longestStepBack)} ms`],
    ['dead letters', list(letters)],
    ['messages lost', report.lost],
    ['problems', problems.length],
  ];
  const table = rows.map(([name, value]) => `| ${name} | ${value} |`).join('\n');
  const wrong = problems.map((problem) => `- ${problem}`).join('\n');
  return `| | |\n| --- | --- |\n${table}\n${wrong === '' ? '' : `\n${wrong}\n`}`;
}

function list(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).sort(([a], [b]) => a.localeCompare(b));
  return entries.map(([name, count]) => `${name} ${count}`).join(', ');
}
