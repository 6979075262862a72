import type { Command } from 'commander';
import { byName, counted } from '../shared/text/names';
import { oneLine } from '../shared/text/untrusted';
import { wrapped } from '../shared/text/wrapped';
import type { Letter } from '../shared/dead-letters/letters';
import {
  HIDDEN,
  MORE,
  toJson,
  withLetters,
  withSubscriptionOptions,
  type SubscriptionFlags,
} from './dead-letters-reader';
import { queryOf, withFilterOptions, type FilterFlags } from './dead-letters-query';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { createPaint, widthOf, type Terminal } from './terminal';

interface ListFlags extends SubscriptionFlags, FilterFlags, OutputFlags {
  readonly all?: boolean;
}

/** `dead-letters list`: lists dead letters without removing them. */
export function addList(group: Command, terminal: Terminal): void {
  withFilterOptions(withSubscriptionOptions(group.command('list')))
    .description('list dead letters by reason and target, and keep them')
    .option('--all', `every letter, where ${SHOWN} stand for the rest`)
    .addOption(outputOption())
    .addOption(jsonOption('print the dead letters as JSON'))
    .addHelpText(
      'after',
      '\nExample:\n  relay dead-letters list --project vendor --target acme --newer-than 1d',
    )
    .action((flags: ListFlags) => list(terminal, flags));
}

/** Letters of one reason and target, unless all are asked for. */
const SHOWN = 10;
/** Longer lines are hard to read. */
const WIDEST = 100;

async function list(terminal: Terminal, flags: ListFlags): Promise<void> {
  const { env, stdout } = terminal;
  const query = queryOf(flags, env);
  await withLetters(terminal, flags, query, ({ subscription, letters, hasMore }) => {
    if (wantsData(flags))
      printData(stdout, flags, { subscription, hasMore, deadLetters: letters.map(toJson) });
    else {
      const shown = flags.all === true ? Infinity : SHOWN;
      const columns = widthOf(stdout);
      const width = columns && Math.min(columns, WIDEST);
      const layout = { shown, width, paint: createPaint(stdout, env) };
      const blocks = groupsOf(letters).map((group) => describeGroup(group, layout));
      const count =
        letters.length === 0
          ? `No ${isFiltered(query.filter) ? 'matching ' : ''}dead letters found.`
          : `${counted(letters.length, 'dead letter')}${hasMore ? MORE : ''}`;
      const end = `${count}\n${wrapped(HIDDEN, layout)}`;
      stdout.write(`${[...blocks, end].join('\n\n')}\n`);
    }
    return Promise.resolve();
  });
}

function isFiltered(filter: object): boolean {
  return Object.keys(filter).length > 0;
}

/** Letters that one action may help. */
interface Group {
  readonly reason: string;
  readonly target: string | undefined;
  readonly letters: readonly Letter[];
}

/** The largest first, then by reason and target; in each the oldest first. */
function groupsOf(letters: readonly Letter[]): Group[] {
  const groups = Map.groupBy(letters, ({ reason, target }) => JSON.stringify([reason, target]));
  return [...groups.values()]
    .map((some) => ({ reason: some[0]?.reason ?? '', target: some[0]?.target, letters: some }))
    .sort(
      (a, b) =>
        b.letters.length - a.letters.length ||
        byName(a.reason, b.reason) ||
        byName(a.target ?? '', b.target ?? ''),
    );
}

interface Layout {
  readonly shown: number;
  readonly width: number | undefined;
  readonly paint: ReturnType<typeof createPaint>;
}

function describeGroup({ reason, target, letters }: Group, layout: Layout): string {
  const { paint, shown, width } = layout;
  const indented = { width, indent: '  ', hard: true };
  const below = { width, indent: '    ', hang: '      ' };
  const of = target === undefined ? '' : ` at ${paint('bold', oneLine(target))}`;
  const remedies = new Set(letters.map(({ remedy }) => remedy).filter(Boolean));
  const listed = letters.slice(0, shown);
  const lines = listed.flatMap(({ messageId, time, source, data, error }, at) => [
    ...(error === listed[at - 1]?.error || error === '' ? [] : [wrapped(error, indented)]),
    wrapped(`${messageId}  ${timeOf(time)}  ${source ?? data.slice(0, 60)}`, below),
  ]);
  const hidden = letters.length - listed.length;
  return [
    `${paint('red', oneLine(reason))}${of}: ${counted(letters.length, 'dead letter')}`,
    ...lines,
    ...(hidden > 0 ? [`    and ${hidden} more, which --all shows`] : []),
    ...[...remedies].map((remedy) => wrapped(`-> ${remedy}`, indented)),
  ].join('\n');
}

/** `2026-11-24 10:00:01`, in UTC. */
function timeOf(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}
