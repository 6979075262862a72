import type { Command } from 'commander';
import * as z from 'zod';
import { isRepairable, jobsOf, totalsOf, type Finding } from '../shared/inventory/finding';
import { publishJobs } from '../shared/inventory/publish-jobs';
import type { WantedFilter } from '../shared/inventory/wanted';
import type { CopyJob } from '../shared/jobs/copy-job';
import { encodeCopyJob } from '../shared/kinds/messages';
import { formatArtifact } from '../shared/kinds/references';
import type { Rules } from '../shared/rules/rules';
import { counted } from '../shared/text/names';
import { wrapped } from '../shared/text/wrapped';
import { groupCopies, describeGroup, ungrouped } from './copy-groups';
import { wholeNumber } from './arguments';
import { formatBytes } from './format';
import { openPublisher } from './google';
import { DEFAULT_RATE, survey, type ReleaseFlags } from './inventory';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { countsOf, createProgress } from './progress';
import { filterOf, unmatched } from './release-filter';
import { resourceName, type ResourceFlags } from './resources';
import { loadRules, rulesOption, type RulesFlags } from './rules-file';
import { ruleOption, targetOption } from './selectors';
import { CommandFailure, UsageError, widthOf, type Terminal } from './terminal';
import { systemClock } from '../shared/system/clock';

interface BackfillFlags extends RulesFlags, ReleaseFlags, ResourceFlags, OutputFlags {
  readonly newest?: string;
  readonly since?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
  readonly jobsPerSecond: string;
  readonly topic?: string;
}

/** `backfill`: publishes copy jobs for what targets lack; safe to repeat. */
export function addBackfill(program: Command, terminal: Terminal): void {
  program
    .command('backfill')
    .summary('publish copy jobs for what targets lack')
    .description('publish copy jobs for what targets lack, oldest first (default: dry run)')
    .addOption(ruleOption('only releases of these rules'))
    .addOption(targetOption('only these targets'))
    .option('--image <glob>', 'only these images (path below the source)')
    .option('--tag <glob>', 'only these tags')
    .option('--newest <n>', 'only the newest tags of each image')
    .option('--since <date>', 'only releases pushed on this date or later (2026-11-01)')
    .option('--all', 'list every release and target separately')
    .option('-y, --yes', 'publish jobs (default: dry run)')
    .option('--jobs-per-second <n>', 'limit of published jobs per second', '20')
    .option('--no-attachments', 'skip signatures, SBOMs and attestations')
    .option('--rate <n>', 'requests per second to each registry', DEFAULT_RATE)
    .addOption(rulesOption())
    .option('--topic <name>', 'topic of copy jobs (default: COPY_JOBS_TOPIC, else copy-jobs)')
    .option('--project <id>', 'project of a topic without a full name')
    .addOption(outputOption())
    .addOption(jsonOption('print the jobs as JSON'))
    .addHelpText('after', '\nExample:\n  relay backfill --target acme --newest 5 --yes')
    .action((flags: BackfillFlags) => backfill(terminal, flags));
}

async function backfill(terminal: Terminal, flags: BackfillFlags): Promise<void> {
  const { env, stdout } = terminal;
  const name = flags.topic ?? env['COPY_JOBS_TOPIC'] ?? 'copy-jobs';
  const topic = flags.yes ? resourceName('topics', name, flags, env) : undefined;
  const jobsPerSecond = wholeNumber(flags.jobsPerSecond, '--jobs-per-second');
  const rules = loadRules(flags, env);
  const { findings, failures } = await survey(terminal, rules, backfillFilter(rules, flags), flags);
  const jobs = jobsOf(findings);
  if (topic !== undefined) await publish(terminal, topic, jobs, jobsPerSecond);
  if (wantsData(flags)) {
    printData(stdout, flags, { topic: topic ?? null, ...sizeOf(findings), jobs: jobs.map(listed) });
  } else {
    const lines = describeLacking(findings, flags.all ?? false);
    const layout = { width: widthOf(stdout), indent: '  ', hang: '    ', hard: true };
    for (const line of lines) stdout.write(`${wrapped(line, layout)}\n`);
    for (const line of describeJobs(findings, jobs, topic)) {
      stdout.write(`${wrapped(line, { width: layout.width })}\n`);
    }
  }
  const problems = failures.length > 0 ? failures : unmatched(flags, findings);
  if (problems.length > 0) throw new CommandFailure(problems.join('\n'));
}

function backfillFilter(rules: Rules, flags: BackfillFlags): WantedFilter {
  const { newest, since } = flags;
  return {
    ...filterOf(rules, flags),
    ...(newest !== undefined && { newest: wholeNumber(newest, '--newest') }),
    ...(since !== undefined && { since: dateOf(since) }),
  };
}

const When = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/** @throws {UsageError} */
function dateOf(text: string): Date {
  const parsed = When.safeParse(text);
  if (parsed.success) return new Date(parsed.data);
  throw new UsageError(
    `--since takes a date such as 2026-11-01 (in UTC), or 2026-11-01T18:30:00+01:00, not "${text}".`,
  );
}

async function publish(
  terminal: Terminal,
  topic: string,
  jobs: readonly CopyJob[],
  jobsPerSecond: number,
): Promise<void> {
  const publisher = openPublisher(terminal);
  const progress = createProgress(terminal, countsOf('jobs'));
  let done = 0;
  try {
    await publishJobs(publisher.publish, topic, jobs, {
      clock: systemClock,
      encode: encodeCopyJob,
      jobsPerSecond,
      onPublished: (count) => progress.update({ done: (done += count), total: jobs.length }),
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(
      `${why}\n${done} of ${jobs.length} jobs were published before; run it again for the rest.`,
      { cause },
    );
  } finally {
    progress.stop();
    await publisher.close();
  }
}

/** Bytes as the source's list has them; an image that goes to several targets counts for each. */
function sizeOf(findings: readonly Finding[]): { bytes: number; unknownSizes: number } {
  const sizes = findings.filter(isRepairable).map(({ source }) => source.size);
  return {
    bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0),
    unknownSizes: sizes.filter((size) => size === undefined).length,
  };
}

function listed({ source, target, rule }: CopyJob): object {
  return { source: formatArtifact(source), target, rule };
}

/** What is lacking, by state, the oldest first. */
function describeLacking(findings: readonly Finding[], all: boolean): string[] {
  const byState = Map.groupBy(findings.filter(isRepairable), ({ state }) => state);
  return [...byState].flatMap(([state, some]) =>
    (all ? ungrouped : groupCopies)(some).map((one) => `${describeGroup(one)}: ${state}`),
  );
}

function describeJobs(
  findings: readonly Finding[],
  jobs: readonly CopyJob[],
  topic: string | undefined,
): string[] {
  const size = describeSize(sizeOf(findings), jobs.length);
  const count = counted(jobs.length, 'copy job');
  const left = findings.filter(({ trouble }) => trouble !== undefined).length;
  const { current } = totalsOf(findings);
  return [
    jobs.length === 0
      ? 'Nothing to publish: no target lacks a release that can be copied'
      : topic === undefined
        ? `Would publish ${count}${size}; pass --yes to publish`
        : `Published ${count}${size}, to ${topic}`,
    ...(left === 0 ? [] : [`${left} skipped: need manual action, see relay status`]),
    ...(current === 0 ? [] : [`${current} ${current === 1 ? 'is' : 'are'} current`]),
  ];
}

function describeSize({ bytes, unknownSizes }: ReturnType<typeof sizeOf>, jobs: number): string {
  if (unknownSizes === jobs) return ' of unknown size';
  const unknown = unknownSizes === 0 ? '' : `, and ${unknownSizes} of unknown size`;
  return `, up to ${formatBytes(bytes)}${unknown}`;
}
