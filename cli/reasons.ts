import type { Finding } from '../shared/inventory/finding';
import { needsLog, withReasons } from '../shared/inventory/reasons/copy-reason';
import { releaseName } from '../shared/kinds/references';
import type { Rules } from '../shared/rules/rules';
import { systemClock } from '../shared/system/clock';
import { readLog } from './function-log';
import type { Terminal } from './terminal';

/** Findings with their reasons, and one line about what could not be read. */
export interface Explained {
  readonly findings: readonly Finding[];
  readonly note?: string;
}

/** Explains what differs; reads the functions' log, with one query, only if that can explain something. */
export async function explainFindings(
  terminal: Terminal,
  rules: Rules,
  findings: readonly Finding[],
): Promise<Explained> {
  const asked = findings.filter(needsLog);
  const about = {
    targets: [...new Set(asked.map(({ target }) => target.name))],
    sources: [...new Set(asked.map(({ source }) => releaseName(source)))],
  };
  const { history, problem } = asked.length === 0 ? {} : await readLog(terminal, about);
  const left =
    history?.isComplete === false
      ? "only the newest entries of the functions' log were read. Narrow it with --target or --image."
      : problem;
  return {
    findings: withReasons(rules, findings, history, systemClock.now()),
    ...(left !== undefined && {
      note: `Some reasons are unknown: ${left} --no-reasons skips them.`,
    }),
  };
}
