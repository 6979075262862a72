import type { Command } from 'commander';
import {
  diffRules,
  keysLeavingHalts,
  type LeavingKey,
  type RulesDiff,
} from '../shared/inventory/rules-diff';
import type { Wanted } from '../shared/inventory/wanted';
import { formatArtifact, releaseName } from '../shared/kinds/references';
import type { Rule, Rules, Target } from '../shared/rules/rules';
import { listAll, listHeld } from './inventory';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { describeDiff, describeDiffInMarkdown } from './plan-report';
import { loadRules, type RulesFlags } from './rules-file';
import { ruleOption, selectRules, selectTargets, targetOption, type Names } from './selectors';
import { CommandFailure, UndeterminedError, styleOf, UsageError, type Terminal } from './terminal';

interface PlanFlags extends RulesFlags, OutputFlags {
  readonly base?: string;
  readonly rule?: Names;
  readonly target?: Names;
  readonly all?: boolean;
  readonly exitCode?: boolean;
  readonly markdown?: boolean;
}

/** `plan`: what a changed rules file would start and stop releasing, of what is at the source now. */
export function addPlan(program: Command, terminal: Terminal): void {
  program
    .command('plan')
    .summary('preview what a rules change would release')
    .description('preview what a rules change would release or stop releasing')
    .option('--base <file>', 'current rules (default: RULES_FILE, else rules.yaml)')
    .option('-f, --rules <file>', 'changed rules (default: RULES_FILE, else rules.yaml)')
    .addOption(ruleOption('only changes of these rules, of either file'))
    .addOption(targetOption('only changes for these targets'))
    .option('--all', 'list every release and target separately')
    .option('--exit-code', 'exit with 1 if something would change, 2 if that is unknown')
    .option('--markdown', 'print Markdown, for a pull request')
    .addOption(outputOption())
    .addOption(jsonOption('print the difference as JSON'))
    .addHelpText('after', '\nExample:\n  relay plan --base old.yaml --rules new.yaml --markdown')
    .action((flags: PlanFlags) => plan(terminal, flags));
}

/** Exit codes with `--exit-code`, like those of `diff`: 0 nothing would change, 1 something would, 2 unknown. */
async function plan(terminal: Terminal, flags: PlanFlags): Promise<void> {
  try {
    const { changes, failures } = await compare(terminal, flags);
    if (failures.length > 0) throw new CommandFailure(failures.join('\n'));
    if (!changes || !flags.exitCode) return;
  } catch (error) {
    throw flags.exitCode ? new UndeterminedError(error) : error;
  }
  throw new CommandFailure('');
}

interface Compared {
  /** Something would change. */
  readonly changes: boolean;
  /** One for each source that cannot be listed; its releases are not compared. */
  readonly failures: readonly string[];
}

async function compare(terminal: Terminal, flags: PlanFlags): Promise<Compared> {
  const { env, stdout } = terminal;
  if (flags.base === undefined && flags.rules === undefined) {
    throw new UsageError('Pass --base, --rules or both: two files are compared.');
  }
  const base = loadRules(flags.base === undefined ? {} : { rules: flags.base }, env);
  const next = loadRules(flags, env);
  const asked = selection(base, next, flags);
  // A source that only other rules name can change nothing that is asked about.
  const sets = [base, next].map((set) => ({ ...set, rules: set.rules.filter(asked.rule) }));
  const { releases, failures } = await listAll(terminal, sets);
  const diff = narrowed(diffRules(base, next, releases), asked.release);
  const { started, changed } = diff;
  const held = await listHeld(terminal, next, [...started, ...changed.map(({ after }) => after)]);
  const all = flags.all ?? false;
  const leaving = keysLeavingHalts(base, next);
  if (wantsData(flags)) {
    printData(stdout, flags, {
      started: diff.started.map(rowOf),
      stopped: diff.stopped.map(rowOf),
      changed: diff.changed.map(({ after, options }) => ({ ...rowOf(after), options })),
      held: held.map(({ hold, ...one }) => ({ ...rowOf(one), ...hold })),
      leaving,
    });
  } else if (flags.markdown) stdout.write(describeDiffInMarkdown(diff, held, all));
  else stdout.write(describeDiff(diff, held, { ...styleOf(terminal), all }));
  if (!wantsData(flags)) stdout.write(describeLeaving(leaving));
  const changes = Object.values<readonly unknown[]>({ ...diff, leaving }).some(
    (some) => some.length > 0,
  );
  return { changes, failures };
}

function describeLeaving(leaving: readonly LeavingKey[]): string {
  const lines = leaving.map(
    ({ key, signer }) =>
      `\nKey ${key.slice(0, 12)}… of ${signer} leaves \`halts\`: the halts that it signed no longer count.\n`,
  );
  return lines.join('');
}

interface Selection {
  readonly rule: (rule: Rule) => boolean;
  readonly release: IsAsked;
}

type IsAsked = (wanted: Wanted) => boolean;

/** What either file names may be asked for. @throws {UsageError} for what neither does. */
function selection(base: Rules, next: Rules, { rule, target }: PlanFlags): Selection {
  const both = {
    rules: [...base.rules, ...next.rules],
    targets: [...base.targets, ...next.targets],
    groups: bothGroups(base.groups, next.groups),
  };
  const [rules, targets] = [selectRules(both, rule), selectTargets(both, target)];
  const names = ({ name }: Rule) => rules?.has(name) ?? true;
  const reaches = ({ name }: Target) => targets?.has(name) ?? true;
  return {
    rule: (one) => names(one) && one.targets.some(reaches),
    release: (wanted) => names(wanted.rule) && reaches(wanted.target),
  };
}

/** A group includes its members in either file. */
function bothGroups(base: Rules['groups'], next: Rules['groups']): Rules['groups'] {
  const names = new Set([...base.keys(), ...next.keys()]);
  return new Map(
    [...names].map((name) => [name, [...(base.get(name) ?? []), ...(next.get(name) ?? [])]]),
  );
}

function narrowed({ started, stopped, changed }: RulesDiff, isAsked: IsAsked): RulesDiff {
  return {
    started: started.filter(isAsked),
    stopped: stopped.filter(isAsked),
    changed: changed.filter(({ before, after }) => isAsked(before) || isAsked(after)),
  };
}

function rowOf({ target, rule, source, destination }: Wanted) {
  return {
    target: target.name,
    rule: rule.name,
    source: releaseName(source),
    destination: formatArtifact(destination),
  };
}
