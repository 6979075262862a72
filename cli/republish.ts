import type { Command } from 'commander';
import { oneLine } from '../shared/text/one-line';
import type { CopyJob } from '../shared/jobs/copy-job';
import { encodeCopyJob } from '../shared/kinds/jobs';
import { createPublisher } from '../shared/jobs/publisher';
import type { Artifact } from '../shared/rules/artifact';
import { formatArtifact } from '../shared/kinds/references';
import { authorize } from '../shared/rules/authorize';
import type { Rules } from '../shared/rules/rules';
import { parseArgument } from './arguments';
import { resourceName, type ResourceFlags } from './resources';
import { loadRules, type RulesFlags } from './rules-file';
import { CommandFailure, printJson, type Terminal } from './terminal';

interface RepublishFlags extends RulesFlags, ResourceFlags {
  readonly target?: string;
  readonly rule?: string;
  readonly topic?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `republish <reference>`: publishes the copy jobs that the rules make of an image, template or object, as if it had been pushed now. */
export function addRepublish(program: Command, terminal: Terminal): void {
  program
    .command('republish')
    .description(
      'publish the copy jobs of an image, template or object again, with a check of all that is below it',
    )
    .argument('<reference>', 'registry/repository with :tag, @digest or both; gs://bucket/object')
    .option('--target <name>', 'for this target only')
    .option('--rule <name>', 'by this rule only')
    .option('--rules <file>', 'rules file (default: RULES_FILE, else rules.yaml)')
    .option('--topic <name>', 'where jobs go (default: COPY_JOBS_TOPIC, else copy-jobs)')
    .option('--project <id>', 'the project of a topic that is not named in full')
    .option('--dry-run', 'print the jobs, publish nothing')
    .option('--json', 'print the jobs as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  registry-relay republish us-docker.pkg.dev/vendor/releases/api:1.4.2 --target acme',
    )
    .action((text: string, flags: RepublishFlags) =>
      republish(terminal, parseArgument(text), flags),
    );
}

async function republish(
  { env, stdout }: Terminal,
  source: Artifact,
  flags: RepublishFlags,
): Promise<void> {
  const topicFlag = flags.topic ?? env['COPY_JOBS_TOPIC'] ?? 'copy-jobs';
  const rules = loadRules(flags, env);
  const jobs = planJobs(rules, source, flags);
  const topic = flags.dryRun ? undefined : resourceName('topics', topicFlag, flags, env);
  if (topic !== undefined) {
    const publisher = createPublisher();
    try {
      await publisher.publish(topic, jobs.map(encodeCopyJob));
    } catch (error) {
      throw new CommandFailure(error instanceof Error ? error.message : String(error), {
        cause: error,
      });
    } finally {
      await publisher.close();
    }
  }
  const listed = jobs.map(({ target, rule, ...job }) => ({
    source: formatArtifact(job.source),
    target,
    rule,
    ...(isPaused(rules, target) && { paused: true }),
  }));
  if (flags.json) {
    printJson(stdout, { topic: topic ?? null, jobs: listed });
    return;
  }
  const did = topic === undefined ? 'Would publish' : 'Published';
  stdout.write(
    `${did} ${jobs.length} copy ${jobs.length === 1 ? 'job' : 'jobs'}${topic === undefined ? '' : ` to ${topic}`}:\n`,
  );
  for (const { source: from, target, rule = '', paused } of listed) {
    const note = paused ? ': paused, so it copies nothing' : '';
    stdout.write(`  ${oneLine(from)} -> ${target} (${rule})${note}\n`);
  }
}

function isPaused({ targets }: Rules, target: string): boolean {
  return targets.some(({ name, paused }) => name === target && paused);
}

function planJobs(rules: Rules, source: Artifact, flags: RepublishFlags): CopyJob[] {
  const targets =
    flags.target === undefined ? rules.targets.map(({ name }) => name) : [flags.target];
  const jobs: CopyJob[] = [];
  const refusals: string[] = [];
  for (const target of targets) {
    const { rule } = flags;
    const answer = authorize(rules, { source, target, ...(rule !== undefined && { rule }) });
    if (!answer.allowed) refusals.push(answer.why);
    else {
      const names = new Set(answer.copies.map((copy) => copy.rule.name));
      for (const name of names) jobs.push({ source, target, rule: name, repair: true });
    }
  }
  if (jobs.length > 0) return jobs;
  throw new CommandFailure(
    [
      `Nothing to publish: the rules send ${formatArtifact(source)} nowhere.`,
      ...new Set(refusals),
    ].join('\n  '),
  );
}
