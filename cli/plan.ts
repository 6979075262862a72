import type { Command } from 'commander';
import { oneLine } from '../shared/text/one-line';
import { diffRules, type RulesDiff } from '../shared/inventory/rules-diff';
import type { Wanted } from '../shared/inventory/wanted';
import { formatArtifact, releaseName } from '../shared/kinds/references';
import { formatBytes } from './format';
import { listAll } from './inventory';
import { loadRules, type RulesFlags } from './rules-file';
import { createPaint, printJson, UsageError, type Terminal } from './terminal';

interface PlanFlags extends RulesFlags {
  readonly base?: string;
  readonly markdown?: boolean;
  readonly json?: boolean;
}

/** `plan`: what a changed rules file would start and stop releasing, of what is at the source now. */
export function addPlan(program: Command, terminal: Terminal): void {
  program
    .command('plan')
    .description('say what changed rules would start and stop releasing, against the live source')
    .option('--base <file>', 'the rules as they are (default: RULES_FILE, else rules.yaml)')
    .option('--rules <file>', 'the rules as they would be (default: RULES_FILE, else rules.yaml)')
    .option('--markdown', 'print Markdown, for a pull request')
    .option('--json', 'print the difference as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  registry-relay plan --base old.yaml --rules new.yaml --markdown',
    )
    .action((flags: PlanFlags) => plan(terminal, flags));
}

async function plan(terminal: Terminal, flags: PlanFlags): Promise<void> {
  const { env, stdout } = terminal;
  if (flags.base === undefined && flags.rules === undefined) {
    throw new UsageError('Say --base or --rules, or both: there are two files to compare.');
  }
  const base = loadRules(flags.base === undefined ? {} : { rules: flags.base }, env);
  const next = loadRules(flags, env);
  const diff = diffRules(base, next, await listAll(terminal, [base, next]));
  if (flags.json) {
    printJson(stdout, {
      started: diff.started.map(rowOf),
      stopped: diff.stopped.map(rowOf),
      changed: diff.changed.map(({ after, options }) => ({ ...rowOf(after), options })),
    });
  } else if (flags.markdown) stdout.write(describeInMarkdown(diff));
  else stdout.write(describe(diff, createPaint(stdout, env)));
}

function rowOf({ target, rule, source, destination }: Wanted) {
  return {
    target: target.name,
    rule: rule.name,
    source: releaseName(source),
    destination: formatArtifact(destination),
  };
}

function describe(diff: RulesDiff, paint: ReturnType<typeof createPaint>): string {
  const line = (mark: string, one: Wanted): string => {
    const { target, source, destination, rule } = rowOf(one);
    return oneLine(`${mark} ${source} -> ${target}: ${destination} (${rule})`);
  };
  return [
    ...diff.started.map((one) => paint('green', line('+', one))),
    ...diff.stopped.map((one) => paint('red', line('-', one))),
    ...diff.changed.map(({ after, options }) =>
      paint('yellow', `${line('~', after)}: other ${options.join(', ')}`),
    ),
    ...summaryOf(diff),
    '',
  ].join('\n');
}

/** In a pull request a long list hides what matters. */
const MOST_ROWS = 100;

function describeInMarkdown(diff: RulesDiff): string {
  const rows = [
    ...diff.started.map((one) => ['starts', one] as const),
    ...diff.stopped.map((one) => ['stops', one] as const),
    ...diff.changed.map(({ after, options }) => [`changes: ${options.join(', ')}`, after] as const),
  ];
  const lines = rows.slice(0, MOST_ROWS).map(([what, one]) => {
    const { target, source, destination, rule } = rowOf(one);
    return `| ${what} | ${target} | ${codeOf(source)} | ${codeOf(destination)} | ${rule} |`;
  });
  const head = ['| | target | source | destination | rule |', '| --- | --- | --- | --- | --- |'];
  return [
    '### What these rules change',
    '',
    ...summaryOf(diff).map((text) => `- ${text}`),
    ...(rows.length === 0 ? [] : ['', ...head, ...lines]),
    ...(rows.length > MOST_ROWS ? ['', `… and ${rows.length - MOST_ROWS} more.`] : []),
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

function summaryOf({ started, stopped, changed }: RulesDiff): string[] {
  if (started.length + stopped.length + changed.length === 0) {
    return ['Nothing changes for what is at the source now.'];
  }
  const bytes = started.reduce((sum, { source }) => sum + (source.size ?? 0), 0);
  const to = new Set(started.map(({ target }) => target.name)).size;
  return [
    ...(started.length === 0
      ? []
      : [
          `${started.length} would start, to ${to} ${to === 1 ? 'target' : 'targets'}, up to ${formatBytes(bytes)}; what is pushed already needs \`relay backfill\`.`,
        ]),
    ...(stopped.length === 0 ? [] : [`${stopped.length} would stop; targets keep what they have.`]),
    ...(changed.length === 0 ? [] : [`${changed.length} would be released in another way.`]),
  ];
}
