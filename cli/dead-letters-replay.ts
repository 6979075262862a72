import type { Command } from 'commander';
import { counted } from '../shared/text/names';
import { wrapped, type Wrapping } from '../shared/text/wrapped';
import { planReplay, replay, type PlanDeps, type ReplayPlan } from '../shared/dead-letters/replay';
import { events, encodeCopyJob, parseCopyJob } from '../shared/kinds/messages';
import { formatArtifact } from '../shared/kinds/references';
import type { Rules } from '../shared/rules/rules';
import { createLateProver } from '../shared/statements/late-prover';
import { systemClock } from '../shared/system/clock';
import { wholeNumber } from './arguments';
import {
  HIDDEN,
  letterBy,
  MORE,
  withLetters,
  withSubscriptionOptions,
  type SubscriptionFlags,
  type OpenReader,
} from './dead-letters-reader';
import { queryOf, withFilterOptions, type FilterFlags } from './dead-letters-query';
import { openPublisher } from './google';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { createCount } from './progress';
import { openSources } from './registries';
import { resourceName } from './resources';
import { loadRules } from './rules-file';
import { CommandFailure, UsageError, widthOf, type Terminal } from './terminal';

interface ReplayFlags extends SubscriptionFlags, FilterFlags, OutputFlags {
  readonly all?: boolean;
  readonly yes?: boolean;
  readonly rate: string;
  readonly topic?: string;
}

/** `dead-letters replay [ids...]`: publishes the copy jobs of dead letters again, then removes the dead letters. */
export function addReplay(group: Command, terminal: Terminal): void {
  withFilterOptions(withSubscriptionOptions(group.command('replay')))
    .description('publish dead letters as copy jobs again (default: dry run)')
    .argument('[ids...]', 'as "dead-letters list" prints them')
    .option('--all', 'select all dead letters')
    .option('-y, --yes', 'replay (default: dry run)')
    .option('--rate <n>', 'dead letters per second', '10')
    .option('--topic <name>', 'topic of copy jobs (default: COPY_JOBS_TOPIC, else copy-jobs)')
    .addOption(outputOption())
    .addOption(jsonOption('print the result as JSON'))
    .addHelpText(
      'after',
      '\nExamples:\n  relay dead-letters replay --reason target-denied --target acme\n' +
        '  relay dead-letters replay --reason target-denied --target acme --yes --rate 5',
    )
    .action((ids: string[], flags: ReplayFlags) => replayLetters(terminal, ids, flags));
}

async function replayLetters(
  terminal: Terminal,
  ids: readonly string[],
  flags: ReplayFlags,
): Promise<void> {
  const { env } = terminal;
  const query = queryOf(flags, env);
  const filter = { ...query.filter, ...(ids.length > 0 && { ids }) };
  if (Object.keys(filter).length === 0 && !flags.all) {
    throw new UsageError('Nothing selected: pass IDs, a filter such as --target, or --all.');
  }
  const topic = resourceName(
    'topics',
    flags.topic ?? env['COPY_JOBS_TOPIC'] ?? 'copy-jobs',
    flags,
    env,
  );
  const rate = wholeNumber(flags.rate, '--rate');
  const rules = loadRules(flags, env);
  await withLetters(terminal, flags, { ...query, filter }, async (reader) => {
    const { hasMore } = reader;
    const named = new Map(ids.map((id) => [id, letterBy(reader.letters, id)]));
    const unknown = ids.filter((id) => named.get(id) === undefined);
    const letters =
      ids.length === 0
        ? reader.letters
        : [...named.values()].filter((letter) => letter !== undefined);
    const plans = await planAll(terminal, { ...reader, letters }, rules);
    const report = {
      topic,
      plans,
      hasMore,
      byIds: ids.length > 0,
      replayed: new Set<ReplayPlan>(),
    };
    const failure = flags.yes ? await execute(terminal, reader, { ...report, rate }) : undefined;
    print(terminal, flags, report);
    if (failure !== undefined) throw failure;
    if (unknown.length > 0) throw new CommandFailure(`Not found: ${unknown.join(', ')}. ${HIDDEN}`);
  });
}

async function planAll(
  terminal: Terminal,
  { letters, signal }: OpenReader,
  rules: Rules,
): Promise<ReplayPlan[]> {
  const { registries, artifactRegistry, emulatedHosts } = openSources(terminal);
  const deps: PlanDeps = {
    rules,
    events,
    parseJob: parseCopyJob,
    openRegistries: () => Promise.resolve(registries),
    artifactRegistry,
    emulatedHosts,
    prove: createLateProver(),
    clock: systemClock,
  };
  try {
    const plans: ReplayPlan[] = [];
    for (const letter of letters) {
      if (signal.aborted) throw interrupted(0, letters.length);
      plans.push(await planReplay(letter, deps));
    }
    return plans;
  } finally {
    await Promise.all([registries.close(), artifactRegistry.close()]);
  }
}

interface Report {
  readonly topic: string;
  readonly plans: readonly ReplayPlan[];
  readonly hasMore: boolean;
  /** The dead letters were named one by one: an error lists those that were not found. */
  readonly byIds: boolean;
  readonly replayed: Set<ReplayPlan>;
}

/** Gives the failure that ended it early, if one did. */
async function execute(
  terminal: Terminal,
  { ack, signal }: OpenReader,
  { topic, plans, replayed, rate }: Report & { readonly rate: number },
): Promise<CommandFailure | undefined> {
  const total = plans.filter(({ jobs }) => jobs.length > 0).length;
  const bar = createCount(terminal, total, 'dead letters');
  const publisher = openPublisher(terminal);
  try {
    const onReplayed = (plan: ReplayPlan): void => {
      replayed.add(plan);
      bar.update(replayed.size);
    };
    const { publish } = publisher;
    const deps = { publish, encode: encodeCopyJob, topic, ack, rate, onReplayed, signal };
    await replay(plans, { ...deps, clock: systemClock });
    return undefined;
  } catch (cause) {
    if (cause === signal.reason) return interrupted(replayed.size, total);
    return new CommandFailure(cause instanceof Error ? cause.message : String(cause), { cause });
  } finally {
    bar.stop();
    await publisher.close();
  }
}

function interrupted(replayed: number, of: number): CommandFailure {
  return new CommandFailure(
    `Interrupted: ${replayed} of ${counted(of, 'dead letter')} replayed, the others were released.`,
  );
}

function print(
  { stdout }: Terminal,
  flags: ReplayFlags,
  { topic, plans, hasMore, byIds, replayed }: Report,
): void {
  const entries = plans.map((plan) => ({
    messageId: plan.letter.messageId,
    reason: plan.letter.reason,
    outcome: replayed.has(plan)
      ? 'replayed'
      : plan.jobs.length > 0 && !flags.yes
        ? 'planned'
        : 'kept',
    jobs: plan.jobs.map(({ source, target, rule }) => ({
      source: formatArtifact(source),
      target,
      rule,
    })),
    why: plan.why,
  }));
  if (wantsData(flags)) {
    printData(stdout, flags, { topic, dryRun: !flags.yes, hasMore, deadLetters: entries });
    return;
  }
  const width = widthOf(stdout);
  const say = (text: string, layout: Wrapping = {}): unknown =>
    stdout.write(`${wrapped(text, { width, ...layout })}\n`);
  for (const { messageId, reason, outcome, jobs, why } of entries) {
    const because = why === undefined ? '' : `: ${why}`;
    say(`${outcome} ${messageId} (${reason})${because}`, { hang: '    ' });
    for (const { source, target } of jobs) {
      say(`${source} -> ${target}`, { indent: '  ', hang: '    ' });
    }
  }
  const ready = plans.filter(({ jobs }) => jobs.length > 0).length;
  say(
    flags.yes
      ? `${counted(replayed.size, 'dead letter')} replayed to ${topic}, ${plans.length - replayed.size} kept${hasMore ? MORE : ''}.`
      : `${counted(ready, 'dead letter')} of ${plans.length} can be replayed${hasMore ? MORE : ''}; nothing is published without --yes.`,
  );
  if (!byIds) say(HIDDEN);
}
