import type { Command } from 'commander';
import { isDrift, type Finding } from '../shared/inventory/finding';
import { byUrgency } from '../shared/inventory/overview';
import type { WantedFilter } from '../shared/inventory/wanted';
import type { Rules } from '../shared/rules/rules';
import { wrapped } from '../shared/text/wrapped';
import { DEFAULT_RATE, surveyChains, type ReleaseFlags } from './inventory';
import { csvOption, formatOf, jsonOption, outputOption } from './output';
import { explainFindings, type Explained } from './reasons';
import { filterOf, unmatched } from './release-filter';
import { loadRules, rulesOption, type RulesFlags } from './rules-file';
import { ruleOption, targetOption } from './selectors';
import { requirePage, writePage, type PageFlags } from './status-page';
import { asking, UNKNOWN } from './status-code';
import { printStatus, STATUS_FORMATS, type StatusOutputFlags } from './status-output';
import { waitForRelease } from './status-wait';
import { watch } from './status-watch';
import { CommandFailure, UndeterminedError, UsageError, widthOf, type Terminal } from './terminal';

interface StatusFlags extends RulesFlags, ReleaseFlags, PageFlags, StatusOutputFlags {
  /** A reference; true: that of the argument. */
  readonly wait?: string | true;
  readonly timeout: string;
  readonly reasons: boolean;
  /** A duration; true: the default. */
  readonly watch?: string | true;
}

/** `status`: what each target holds of what the rules release to it. Fails when something differs. */
export function addStatus(program: Command, terminal: Terminal): void {
  program
    .command('status')
    .summary('compare targets with what the rules release')
    .description('compare what the rules release with what each target holds')
    .argument('[reference]', 'only this release (api:1.4.2, or in full)')
    .addOption(ruleOption('only releases of these rules'))
    .addOption(targetOption('only these targets'))
    .option('--image <glob>', 'only these images (path below the source)')
    .option('--tag <glob>', 'only these tags')
    .option('--all', 'list every release and target separately')
    .option('--drift', 'list differences only')
    .option('--wait [reference]', 'wait until all targets have this release')
    .option('--timeout <duration>', 'with --wait: timeout', '10m')
    .option('--watch [interval]', 'compare again every 10s, until Ctrl-C')
    .option('--no-attachments', 'skip signatures, SBOMs and attestations')
    .option('--no-deliveries', 'skip delivery times')
    .option('--no-reasons', 'do not read the functions’ log for reasons')
    .option('--rate <n>', 'requests per second to each registry', DEFAULT_RATE)
    .addOption(rulesOption())
    .addOption(outputOption(STATUS_FORMATS))
    .addOption(jsonOption('print the findings as JSON'))
    .addOption(csvOption('print the findings as CSV'))
    .option('--no-headers', 'print rows only')
    .option('--html <file>', 'also write an HTML page')
    .option('--dead-letters [subscription]', 'with --html: also show dead letters')
    .addHelpText(
      'after',
      `
Examples:
  relay status api:1.4.2
  relay status --target acme --tag 'v1.*'
  relay status api:1.4.2 --wait --timeout 15m
  relay status --drift --watch 30s

Exit codes: 0 nothing differs; 1 something differs, or no release matches; 2 wrong usage; 3 no difference known, but not everything could be asked. Paused targets do not count.`,
    )
    .action((reference: string | undefined, flags: StatusFlags) =>
      status(terminal, { reference, flags }),
    );
}

interface Asked {
  readonly reference: string | undefined;
  readonly flags: StatusFlags;
}

/** @throws {CommandFailure} if something differs; {@link UndeterminedError} if that cannot be known. */
async function status(terminal: Terminal, asked: Asked): Promise<void> {
  const { reference, flags } = asked;
  const rules = await asking(() => loadRules(flags, terminal.env));
  await asking(() => requirePage(flags));
  const awaited = typeof flags.wait === 'string' ? flags.wait : reference;
  if (flags.wait !== undefined) {
    if (awaited === undefined) throw new UsageError('--wait requires a reference.');
    return waitForRelease(terminal, rules, awaited, flags);
  }
  const filter = filterOf(rules, flags, reference);
  if (flags.watch !== undefined) {
    return watch(terminal, flags.watch, flags, async (onPrint) => {
      const { problems } = await show(terminal, { rules, filter, ...asked }, onPrint);
      for (const problem of problems) warn(terminal, problem);
    });
  }
  const { findings, problems, isUnmatched } = await show(terminal, { rules, filter, ...asked });
  const drifting = findings.filter(isDrift);
  const isKnown = isUnmatched || drifting.some(({ state }) => state !== 'unreachable');
  if (drifting.length === 0 && problems.length === 0) return;
  const failure = new CommandFailure(problems.join('\n'));
  throw isKnown ? failure : new UndeterminedError(failure, UNKNOWN);
}

interface Scope extends Asked {
  readonly rules: Rules;
  readonly filter: WantedFilter;
}

interface Shown {
  readonly findings: readonly Finding[];
  /** What could not be asked, matched or written. */
  readonly problems: readonly string[];
  readonly isUnmatched: boolean;
}

/** Compares, and prints what was found. */
async function show(
  terminal: Terminal,
  { rules, filter, reference, flags }: Scope,
  onPrint: () => void = () => undefined,
): Promise<Shown> {
  const surveyed = await asking(() => surveyChains(terminal, rules, filter, flags));
  const { traffic, failures } = surveyed;
  const { findings, note }: Explained =
    flags.reasons && formatOf(flags) !== 'name'
      ? await explainFindings(terminal, rules, surveyed.findings)
      : surveyed;
  const shown = findings.filter(({ state }) => !flags.drift || state !== 'current').sort(byUrgency);
  onPrint();
  printStatus(terminal, flags, {
    ...{ findings, shown, requests: traffic.requests },
    isNarrow: reference !== undefined,
  });
  if (note !== undefined) warn(terminal, note);
  // The comparison may have taken minutes: it is printed even if the page cannot be written.
  const pageProblems = await writePage(terminal, rules, findings, flags);
  const unlike = failures.length > 0 ? [] : unmatched(flags, findings, reference);
  return {
    findings,
    problems: [...failures, ...unlike, ...pageProblems],
    isUnmatched: unlike.length > 0,
  };
}

function warn({ stderr }: Terminal, text: string): void {
  stderr.write(`${wrapped(text, { width: widthOf(stderr) })}\n`);
}
