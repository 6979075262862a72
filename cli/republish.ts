import type { Command } from 'commander';
import type { CopyJob } from '../shared/jobs/copy-job';
import { encodeCopyJob } from '../shared/kinds/messages';
import type { Artifact } from '../shared/rules/artifact';
import { formatArtifact } from '../shared/kinds/references';
import { authorize } from '../shared/rules/authorize';
import { pauseFields, pauseOf, type PauseFields } from '../shared/rules/pauses';
import type { Rules } from '../shared/rules/rules';
import { systemClock } from '../shared/system/clock';
import { counted, formatNames } from '../shared/text/names';
import { wrapped } from '../shared/text/wrapped';
import { ANY_FORM, ANY_KIND, releaseArgument } from './arguments';
import { openPublisher } from './google';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { resourceName, type ResourceFlags } from './resources';
import { loadRules, type RulesFlags, rulesOption } from './rules-file';
import { ruleOption, selectRules, selectTargets, targetOption, type Names } from './selectors';
import { CommandFailure, UsageError, widthOf, type Terminal } from './terminal';

interface RepublishFlags extends RulesFlags, ResourceFlags, OutputFlags {
  readonly target?: Names;
  readonly rule?: Names;
  readonly topic?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
}

/** `republish <reference>`: publishes the copy jobs that the rules make of an artifact, as if it had been pushed now. */
export function addRepublish(program: Command, terminal: Terminal): void {
  program
    .command('republish')
    .summary('publish the copy jobs of a release again')
    .description(`publish the copy jobs of an ${ANY_KIND} again and repair it (default: dry run)`)
    .argument('<reference>', ANY_FORM)
    .addOption(targetOption('only these targets'))
    .addOption(ruleOption('only these rules'))
    .addOption(rulesOption())
    .option('--topic <name>', 'topic of copy jobs (default: COPY_JOBS_TOPIC, else copy-jobs)')
    .option('--project <id>', 'project of a topic without a full name')
    .option('-y, --yes', 'publish jobs (default: dry run)')
    .option('--all', 'list every target separately')
    .addOption(outputOption())
    .addOption(jsonOption('print the jobs as JSON'))
    .addHelpText(
      'after',
      '\nExample:\n  relay republish us-docker.pkg.dev/vendor/releases/api:1.4.2 --target acme --yes',
    )
    .action((text: string, flags: RepublishFlags) => republish(terminal, text, flags));
}

async function republish(terminal: Terminal, text: string, flags: RepublishFlags): Promise<void> {
  const { env, stdout } = terminal;
  const topicFlag = flags.topic ?? env['COPY_JOBS_TOPIC'] ?? 'copy-jobs';
  const rules = loadRules(flags, env);
  const jobs = planJobs(rules, releaseArgument(rules, text), flags);
  const topic = flags.yes ? resourceName('topics', topicFlag, flags, env) : undefined;
  if (topic !== undefined) await publishJobs(terminal, topic, jobs);
  const now = systemClock.now();
  const pauses = new Map(rules.targets.map((one) => [one.name, pauseOf(one, now)]));
  const listed = jobs.map(({ target, rule, ...job }) => ({
    source: formatArtifact(job.source),
    target,
    rule,
    ...pauseFields(pauses.get(target)),
  }));
  if (wantsData(flags)) {
    printData(stdout, flags, { topic: topic ?? null, jobs: listed });
    return;
  }
  const count = counted(jobs.length, 'copy job');
  const did =
    topic === undefined
      ? `Would publish ${count}; pass --yes to publish:`
      : `Published ${count} to ${topic}:`;
  const width = widthOf(stdout);
  stdout.write(`${wrapped(did, { width })}\n`);
  for (const line of describeJobs(listed, flags.all ?? false)) {
    stdout.write(`${wrapped(line, { width, indent: '  ', hang: '    ', hard: true })}\n`);
  }
}

interface Listed extends PauseFields {
  readonly source: string;
  readonly target: string;
  readonly rule: string | undefined;
}

/** The targets of a rule together, or each. */
function describeJobs(jobs: readonly Listed[], all: boolean): string[] {
  const grouped = Map.groupBy(jobs, ({ target, rule = '', paused = false }) =>
    JSON.stringify([rule, paused, all ? target : '']),
  );
  return [...grouped.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const { source, rule = '', paused } = first;
    const note = paused ? ': paused, so it copies nothing' : '';
    return [`${source} -> ${formatNames(some.map(({ target }) => target))} (${rule})${note}`];
  });
}

/** Publishes copy jobs to a topic. @throws {CommandFailure} if that fails. */
export async function publishJobs(
  terminal: Terminal,
  topic: string,
  jobs: readonly CopyJob[],
): Promise<void> {
  const publisher = openPublisher(terminal);
  try {
    await publisher.publish(topic, jobs.map(encodeCopyJob));
  } catch (cause) {
    throw new CommandFailure(cause instanceof Error ? cause.message : String(cause), { cause });
  } finally {
    await publisher.close();
  }
}

/**
 * The copy jobs that the rules make of an artifact.
 *
 * @throws {UsageError} for what names no release; {CommandFailure} where the rules send it nowhere.
 */
export function planJobs(
  rules: Rules,
  source: Artifact,
  flags: Pick<RepublishFlags, 'target' | 'rule'>,
): CopyJob[] {
  if (rules.references.detailsOf(source).isNameAlone) {
    throw new UsageError(
      `${formatArtifact(source)} is not a release: it has neither :tag nor @digest.`,
    );
  }
  const targets = selectTargets(rules, flags.target) ?? rules.targets.map(({ name }) => name);
  const asked = selectRules(rules, flags.rule) ?? [undefined];
  const jobs = new Map<string, CopyJob>();
  const refusals = new Set<string>();
  for (const target of targets) {
    for (const rule of asked) {
      const answer = authorize(rules, { source, target, rule });
      if (!answer.allowed) {
        refusals.add(answer.why);
        continue;
      }
      for (const { name } of answer.copies.map((copy) => copy.rule)) {
        jobs.set(`${target} ${name}`, { source, target, rule: name, repair: true });
      }
    }
  }
  if (jobs.size > 0) return [...jobs.values()];
  throw new CommandFailure(
    [`Nothing to publish: the rules send ${formatArtifact(source)} nowhere.`, ...refusals].join(
      '\n  ',
    ),
  );
}
