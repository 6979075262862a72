import type { Command } from 'commander';
import {
  explain,
  type ExplainedCopy,
  type Explanation,
  type OnwardCopy,
  type RuleExplanation,
  type TargetExplanation,
} from '../shared/rules/explain';
import { describePause } from '../shared/rules/pauses';
import { narrowRules } from '../shared/rules/summary';
import { systemClock } from '../shared/system/clock';
import { counted, formatNames, MAX_NAMES } from '../shared/text/names';
import type { Cell } from '../shared/text/table';
import { wrapped, wrappedLines } from '../shared/text/wrapped';
import { ANY_FORM, ANY_KIND, releaseArgument } from './arguments';
import { describeNames, namesIn, type Names as NamesIn } from './explain-names';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { loadRules, type RulesFlags, rulesOption } from './rules-file';
import { selectTargets, targetOption, type Names } from './selectors';
import { painted, styleOf, type Style, type Terminal } from './terminal';

interface ExplainFlags extends RulesFlags, OutputFlags {
  readonly target?: Names;
  readonly offline?: boolean;
}

/** `explain <reference>`: for each rule and target, whether and why an artifact would be copied; by the rules alone, but for what its text names. */
export function addExplain(program: Command, terminal: Terminal): void {
  program
    .command('explain')
    .summary('show which rules release a reference, and why')
    .description(`show which rules release an ${ANY_KIND} to which targets, and why`)
    .argument('<reference>', ANY_FORM)
    .addOption(targetOption('only these targets, each on lines of its own'))
    .addOption(rulesOption())
    .option('--offline', 'do not read templates at the source')
    .addOption(outputOption())
    .addOption(jsonOption('print the explanation as JSON'))
    .addHelpText(
      'after',
      '\nExample:\n  relay explain us-central1-docker.pkg.dev/vendor/releases/api:v1.4.2',
    )
    .action((text: string, flags: ExplainFlags) => explainReference(terminal, text, flags));
}

async function explainReference(
  terminal: Terminal,
  text: string,
  flags: ExplainFlags,
): Promise<void> {
  const rules = loadRules(flags, terminal.env);
  const reference = releaseArgument(rules, text);
  const meant = selectTargets(rules, flags.target);
  const asked = meant === undefined ? rules : narrowRules(rules, ({ name }) => meant.has(name));
  const explanation = explain(asked, reference, { now: systemClock.now(), all: rules });
  const names = flags.offline
    ? undefined
    : await namesIn(terminal, rules, reference, (target) => meant?.has(target) ?? true);
  if (wantsData(flags)) printData(terminal.stdout, flags, { ...explanation, ...names });
  else {
    const [style, all] = [styleOf(terminal), meant !== undefined];
    const lines = [...describe(explanation, style, all), ...tellNames(names, style, all)];
    terminal.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }
}

function tellNames(names: NamesIn | undefined, { paint, width }: Style, all: boolean): string[] {
  if (names === undefined) return [];
  if ('unread' in names) {
    const text = `! what it names is not known (--offline does not ask): ${names.unread}`;
    return [paint('yellow', wrappedLines(text, width))];
  }
  if (names.names.length === 0) return [];
  const layout = { width, indent: '    ', hang: '      ', hard: true };
  return [
    'what it names, as the source has it now:',
    ...describeNames(names.names, all).map((line) => wrapped(line, layout)),
  ];
}

/** Targets of which the same is said share a line, unless they were asked for. */
function describe(
  { reference, copies, onward = [], rules }: Explanation,
  { paint, width }: Style,
  all: boolean,
): string[] {
  const targets = new Set([...copies, ...onward].map(({ target }) => target)).size;
  const verdict =
    targets === 0
      ? 'is not released to any target'
      : `is released to ${counted(targets, 'target')}`;
  const waits = describeAwaited([...copies, ...onward]).map((line, at) =>
    wrapped(painted(paint, 'yellow', line), { width, indent: at === 0 ? '' : '    ' }),
  );
  return [
    wrapped([painted(paint, 'bold', reference), ` ${verdict}`], { width, hard: true }),
    ...rules.flatMap(describeRule),
    ...describeOnward(onward, width, all),
    ...waits,
  ];

  function describeRule(explained: RuleExplanation): string[] {
    const { rule, matched, why } = explained;
    const mark = matched ? painted(paint, 'green', '+') : painted(paint, 'dim', '-');
    const head: Cell[] = [mark, ` ${rule}: ${matched ? 'yes' : 'no'}, ${why}`];
    const reached = receiversOf(explained, all).map(({ names, place, copied, why: reason }) => [
      `${names}${place === undefined ? '' : ` -> ${place}`}: `,
      painted(paint, copied ? 'green' : 'yellow', reason),
    ]);
    return [
      wrapped(head, { width, hang: '  ', hard: true }),
      ...reached.map((line) =>
        wrapped(line, { width, indent: '    ', hang: '      ', hard: true }),
      ),
    ];
  }
}

interface Receivers extends Pick<TargetExplanation, 'copied' | 'why'> {
  readonly names: string;
  readonly place?: string;
}

function receiversOf({ targets, as }: RuleExplanation, all: boolean): Receivers[] {
  const grouped = Map.groupBy(targets, ({ copied, why, destination }) =>
    JSON.stringify([copied, why, destination === undefined]),
  );
  return [...grouped.values()].flatMap((some): Receivers[] => {
    const [first] = some;
    if (first === undefined) return [];
    if (all || some.length <= MAX_NAMES) {
      return some.map(({ target, destination, ...one }) => ({
        ...one,
        names: target,
        place: destination,
      }));
    }
    const { copied, why, destination } = first;
    const names = formatNames(some.map(({ target }) => target));
    return [{ copied, why, names, place: destination && as }];
  });
}

/** What goes on from each hub, by each rule. */
function describeOnward(
  onward: readonly OnwardCopy[],
  width: Style['width'],
  all: boolean,
): string[] {
  const branches = Map.groupBy(
    onward,
    ({ hub, source, rule }) => `from ${hub} (${source}) by ${rule}`,
  );
  return [...branches].flatMap(([branch, some]) => {
    const line = ({ target, destination, pause }: OnwardCopy): string =>
      `${target} -> ${destination}${pause ? `: the target is ${describePause(pause)}` : ''}`;
    const lines =
      all || some.length <= MAX_NAMES
        ? some.map(line)
        : [formatNames(some.map(({ target }) => target))];
    return [
      wrapped([`> ${branch}`], { width, hang: '  ', hard: true }),
      ...lines.map((one) => wrapped([one], { width, indent: '    ', hang: '      ', hard: true })),
    ];
  });
}

/** What it waits for: a line for each rule, with the targets for which that is so. */
function describeAwaited(copies: readonly ExplainedCopy[]): string[] {
  const waits = copies.flatMap(({ target, awaits = [] }) =>
    awaits.map(({ rule, statements }) => ({ target, line: `${rule}: ${statements.join(', ')}` })),
  );
  if (waits.length === 0) return [];
  const lines = [...Map.groupBy(waits, ({ line }) => line)].map(
    ([line, some]) => `${line} (${formatNames([...new Set(some.map(({ target }) => target))])})`,
  );
  return ['! waits for what its rules require:', ...lines];
}
