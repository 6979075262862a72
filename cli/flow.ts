import { describeAccess } from '../shared/google/access';
import { KINDS } from '../shared/kinds/kinds';
import { chainLines, hubsOf, type Hub } from '../shared/rules/chains/tree';
import { describePause } from '../shared/rules/pauses';
import type { Rules } from '../shared/rules/rules';
import { stageLines } from '../shared/rules/stages';
import {
  narrowRules,
  summarize,
  type RuleSummary,
  type Summary,
  type TargetSummary,
} from '../shared/rules/summary';
import { counted } from '../shared/text/names';
import { formatTable } from '../shared/text/table';
import { wrapped } from '../shared/text/wrapped';

/** What flows where, and from where it goes on. */
export interface Flow {
  readonly summary: Summary;
  readonly hubs: readonly Hub[];
  /** As a tree, in lines; empty where only some targets are shown. */
  readonly chains: readonly string[];
  /** Rules that wait for others, in the same way. */
  readonly stages: readonly string[];
  /** Only some targets are shown. */
  readonly isNarrowed: boolean;
}

/** Of all targets, or of those that are meant, by name. */
export function flowOf(rules: Rules, now: Date, meant?: ReadonlySet<string>): Flow {
  const some = meant && narrowRules(rules, ({ name }) => meant.has(name));
  const summary = summarize(some ?? rules, now);
  // Such rules are valid and can be used elsewhere: on the local stack, or where another publisher announces pushes.
  const undeployable = describeAccess(KINDS, some ?? rules).problems.map(
    (problem) => `\`npm run package\` rejects these rules for Google Cloud: ${problem}`,
  );
  return {
    summary: { ...summary, notes: [...summary.notes, ...undeployable] },
    hubs: hubsOf(rules),
    chains: some === undefined ? chainLines(rules) : [],
    stages: some === undefined ? stageLines(rules) : [],
    isNarrowed: some !== undefined,
  };
}

const COLUMNS = ['RULE', 'RELEASES', 'TAGS', 'TARGETS', 'DESTINATION'].map((name) => ({ name }));
/** Limits the list for reading; `--json` has all entries. */
const NOTES_SHOWN = 20;

/** A row for each rule and group; of some targets one for each of them. */
export function describeFlow(flow: Flow, file: string, width?: number): string {
  const { rules, groups, notes } = flow.summary;
  const members = new Map(groups.map((one) => [one.group, one.targets]));
  const rows = rules.flatMap((rule) => {
    const receivers = flow.isNarrowed ? eachReceiver(rule) : groupedReceivers(rule, members);
    return receivers.map((receiver, at) => [
      ...(at === 0 ? [rule.rule, rule.releases, rule.tags ?? ''] : ['', '', '']),
      ...receiver,
    ]);
  });
  const targets = new Set(rules.flatMap((rule) => rule.targets.map((one) => one.target)));
  const hidden = notes.length - NOTES_SHOWN;
  return [
    ...(rows.length > 0 ? [formatTable({ columns: COLUMNS, rows, width })] : []),
    ...describeAwaited(rules, width),
    ...describeTree('through hubs:', flow.chains),
    ...describeTree('in stages:', flow.stages),
    ...notes.slice(0, NOTES_SHOWN).map((note) => wrapped(`note: ${note}`, { width })),
    ...(hidden > 0 ? [`and ${counted(hidden, 'more note')}; --json has all of them`] : []),
    wrapped(
      `${file} is valid: ${counted(rules.length, 'rule')}, ${counted(targets.size, 'target')}`,
      { width },
    ),
  ].join('\n');
}

function describeTree(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => wrapped(line)), ''];
}

/** Who must have signed what. */
function describeAwaited(rules: readonly RuleSummary[], width?: number): string[] {
  const lines = rules.flatMap(({ rule, awaits }) =>
    awaits.length === 0
      ? []
      : [wrapped(`${rule}: ${awaits.join(', ')}`, { width, indent: '  ', hang: '    ' })],
  );
  return lines.length === 0 ? [] : ['', 'before anything is released:', ...lines, ''];
}

/** Who is given something, and where it goes: each target. */
function eachReceiver({ targets }: RuleSummary): [string, string][] {
  return targets.map((one) => [`${one.target}${optionsOf([one])}`, one.destination]);
}

/** Each group of the rule, and together the targets that it names itself. */
function groupedReceivers(
  rule: RuleSummary,
  members: ReadonlyMap<string, readonly string[]>,
): [string, string][] {
  const { as, groups, named, targets } = rule;
  const byName = new Map(targets.map((one) => [one.target, one]));
  const those = (names: readonly string[]) => names.flatMap((name) => byName.get(name) ?? []);
  const own = those(named);
  const groupRows = groups.map((group): [string, string] => {
    const held = those(members.get(group) ?? []);
    return [`${group}: ${counted(held.length, 'target')}${optionsOf(held)}`, as];
  });
  if (own.length <= NAMES_SHOWN) return [...groupRows, ...eachReceiver({ ...rule, targets: own })];
  const shown = own.slice(0, NAMES_SHOWN).map(({ target }) => target);
  const rest = `${shown.join(', ')} and ${own.length - NAMES_SHOWN} more`;
  return [...groupRows, [`${rest}${optionsOf(own)}`, as]];
}

/** So many targets that a rule names have a row each; of more only so many are named. */
const NAMES_SHOWN = 3;

/** Of one target whether it is so, of several how many are. */
function optionsOf(targets: readonly TargetSummary[]): string {
  const reported = (['paused', 'receipts'] as const).flatMap((option) => {
    const count = targets.filter((target) => target[option]).length;
    if (count === 0) return [];
    const [first] = targets;
    if (option === 'paused' && targets.length === 1 && first?.pause) {
      return [describePause(first.pause)];
    }
    return [count === targets.length ? option : `${count} ${option}`];
  });
  return reported.length > 0 ? ` (${reported.join(', ')})` : '';
}
