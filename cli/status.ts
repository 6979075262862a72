import type { Command } from 'commander';
import { isDrift } from '../shared/inventory/finding';
import { byUrgency } from '../shared/inventory/overview';
import { DEFAULT_RATE, surveyChains, type ReleaseFlags } from './inventory';
import { csvOption, jsonOption, outputOption } from './output';
import { filterOf, unmatched } from './release-filter';
import { loadRules, rulesOption, type RulesFlags } from './rules-file';
import { ruleOption, targetOption } from './selectors';
import { requirePage, writePage, type PageFlags } from './status-page';
import { printStatus, STATUS_FORMATS, type StatusOutputFlags } from './status-output';
import { waitForRelease } from './status-wait';
import { CommandFailure, type Terminal } from './terminal';

interface StatusFlags extends RulesFlags, ReleaseFlags, PageFlags, StatusOutputFlags {
  readonly wait?: string;
  readonly timeout: string;
}

/** `status`: what each target holds of what the rules release to it. Fails when something differs. */
export function addStatus(program: Command, terminal: Terminal): void {
  program
    .command('status')
    .summary('compare targets with what the rules release')
    .description('compare what the rules release with what each target holds')
    .addOption(ruleOption('only releases of these rules'))
    .addOption(targetOption('only these targets'))
    .option('--image <glob>', 'only these images (path below the source)')
    .option('--tag <glob>', 'only these tags')
    .option('--all', 'list every release and target separately')
    .option('--drift', 'list differences only')
    .option('--wait <reference>', 'wait until all targets have this release')
    .option('--timeout <duration>', 'with --wait: timeout', '10m')
    .option('--no-attachments', 'skip signatures, SBOMs and attestations')
    .option('--no-deliveries', 'skip delivery times')
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
      "\nExamples:\n  relay status --target acme --tag 'v1.*'\n  relay status --wait us-docker.pkg.dev/vendor/releases/api:1.4.2 --timeout 15m\n\nThe exit code is 1 when a target differs or no release matches the filters; paused targets do not count.",
    )
    .action((flags: StatusFlags) => status(terminal, flags));
}

async function status(terminal: Terminal, flags: StatusFlags): Promise<void> {
  const rules = loadRules(flags, terminal.env);
  requirePage(flags);
  if (flags.wait !== undefined) return waitForRelease(terminal, rules, flags.wait, flags);
  const { findings, traffic, failures } = await surveyChains(
    terminal,
    rules,
    filterOf(rules, flags),
    flags,
  );
  const shown = findings.filter(({ state }) => !flags.drift || state !== 'current').sort(byUrgency);
  printStatus(terminal, flags, { findings, shown, requests: traffic.requests });
  // The comparison may have taken minutes: it is printed even if the page cannot be written.
  const problems = [
    ...(failures.length > 0 ? failures : unmatched(flags, findings)),
    ...(await writePage(terminal, rules, findings, flags)),
  ];
  if (findings.some(isDrift) || problems.length > 0) throw new CommandFailure(problems.join('\n'));
}
