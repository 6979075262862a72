import type { Command } from 'commander';
import type { LogLine } from '../shared/inventory/reasons/log-line';
import { parseArtifact, releaseName } from '../shared/kinds/references';
import { formatTable } from '../shared/text/table';
import { wrapped } from '../shared/text/wrapped';
import { namesAlong, orUsageError, releaseArgument } from './arguments';
import { LOG_DAYS, readLog } from './function-log';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { loadRules, rulesOption, type RulesFlags } from './rules-file';
import { selectTargets, targetOption, type Names } from './selectors';
import { CommandFailure, UsageError, widthOf, type Terminal } from './terminal';

interface HistoryFlags extends RulesFlags, OutputFlags {
  readonly target?: Names;
}

/** `history [reference]`: what the functions did about a release, or for a target. */
export function addHistory(program: Command, terminal: Terminal): void {
  program
    .command('history')
    .summary('show what was delivered, held or failed, and when')
    .description('show what the functions logged about a release or a target')
    .argument('[reference]', 'only this release (api:1.4.2, or in full)')
    .addOption(targetOption('only these targets'))
    .addOption(rulesOption())
    .addOption(outputOption())
    .addOption(jsonOption('print the history as JSON'))
    .addHelpText('after', '\nExamples:\n  relay history api:1.4.2\n  relay history --target acme')
    .action((reference: string | undefined, flags: HistoryFlags) =>
      history(terminal, reference, flags),
    );
}

async function history(
  terminal: Terminal,
  reference: string | undefined,
  flags: HistoryFlags,
): Promise<void> {
  const { env, stdout } = terminal;
  if (reference === undefined && flags.target === undefined) {
    throw new UsageError('Pass a reference, --target or both.');
  }
  const rules = loadRules(flags, env);
  const targets = selectTargets(rules, flags.target);
  const release = reference === undefined ? undefined : releaseArgument(rules, reference);
  const sources = release && namesAlong(rules, release);
  const { history: read, problem = 'there is no log here.' } = await readLog(terminal, {
    targets: [...(targets ?? [])],
    sources: [...(sources ?? [])],
  });
  if (read === undefined) throw new CommandFailure(`The history is unknown: ${problem}`);
  const events = read.lines
    .filter(({ outcome }) => outcome !== 'ignored')
    .filter(({ target }) => targets === undefined || (target !== undefined && targets.has(target)))
    .filter((line) => sources?.has(nameOf(line)) ?? true)
    .toSorted((a, b) => a.time.getTime() - b.time.getTime());
  if (wantsData(flags)) {
    const { from, isComplete } = read;
    printData(stdout, flags, { from: from.toISOString(), complete: isComplete, events });
    return;
  }
  const width = widthOf(stdout);
  if (events.length > 0) stdout.write(`${describe(events, width)}\n`);
  const what = events.length === 0 ? 'Nothing was logged' : 'No more was logged';
  const since = read.from.toISOString().slice(0, 'yyyy-mm-dd'.length);
  const end = read.isComplete
    ? `${what} since ${since} (${LOG_DAYS} days).`
    : 'Older entries were not read. Narrow it with --target or a reference.';
  stdout.write(`${wrapped(end, { width })}\n`);
}

/** Empty for a text that names no artifact. */
function nameOf({ source }: LogLine): string {
  try {
    return releaseName(orUsageError(() => parseArtifact(source)));
  } catch {
    return '';
  }
}

const COLUMNS = ['TIME', 'TARGET', 'RELEASE', 'WHAT', 'DIGEST'];

function describe(events: readonly LogLine[], width: number | undefined): string {
  const rows = events.map(({ time, target = '', source, outcome, reason, digest = '' }) => [
    time.toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length).replace('T', ' '),
    target,
    source.replace(/@.*$/, ''),
    reason === undefined ? outcome : `${outcome}: ${reason}`,
    digest.slice(0, 'sha256:'.length + 12),
  ]);
  return formatTable({ columns: COLUMNS.map((name) => ({ name })), rows, width });
}
