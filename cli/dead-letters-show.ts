import type { Command } from 'commander';
import { oneLine } from '../shared/text/untrusted';
import { wrapped } from '../shared/text/wrapped';
import type { Letter } from '../shared/dead-letters/letters';
import {
  HIDDEN,
  letterBy,
  toJson,
  withLetters,
  withSubscriptionOptions,
  type SubscriptionFlags,
} from './dead-letters-reader';
import { jsonOption, outputOption, printData, wantsData, type OutputFlags } from './output';
import { CommandFailure, styleOf, type Style, type Terminal } from './terminal';

interface ShowFlags extends SubscriptionFlags, OutputFlags {}

/** `dead-letters show <id>`: all fields of one dead letter. */
export function addShow(group: Command, terminal: Terminal): void {
  withSubscriptionOptions(group.command('show'))
    .description('show one dead letter in full, and keep it')
    .argument('<id>', 'as "dead-letters list" prints it')
    .addOption(outputOption())
    .addOption(jsonOption('print the dead letter as JSON'))
    .addHelpText('after', '\nExample:\n  relay dead-letters show 11520134298753 --project vendor')
    .action((id: string, flags: ShowFlags) => show(terminal, id, flags));
}

async function show(terminal: Terminal, id: string, flags: ShowFlags): Promise<void> {
  const { stdout } = terminal;
  await withLetters(
    terminal,
    flags,
    { filter: { ids: [id] }, unknownNames: [] },
    ({ subscription, letters }) => {
      const letter = letterBy(letters, id);
      if (!letter) throw new CommandFailure(`${subscription} has no dead letter ${id}. ${HIDDEN}`);
      if (wantsData(flags)) printData(stdout, flags, toJson(letter));
      else stdout.write(describe(letter, styleOf(terminal)));
      return Promise.resolve();
    },
  );
}

function describe(letter: Letter, { paint, width }: Style): string {
  const { messageId, time, reason, error, remedy, target, rule, source, data, message } = letter;
  const rows: [string, string | undefined][] = [
    ['failed', `${time.toISOString()}${letter.function ? ` by ${letter.function}` : ''}`],
    ['source', source],
    ['target', target],
    ['rule', rule],
    ['error', error],
    ['what to do', remedy],
  ];
  const shown = ['function', 'source', 'target', 'rule', 'error', 'remedy', 'reason', 'messageId'];
  const others = Object.entries(message.attributes).filter(([key]) => !shown.includes(key));
  return [
    `${paint('bold', oneLine(`dead letter ${messageId}`))}: ${paint('red', oneLine(reason))}`,
    ...[...rows, ...others].flatMap(([name, value]) =>
      value === undefined || value === ''
        ? []
        : [wrapped(`${name}: ${value}`, { width, indent: '  ', hang: '    ' })],
    ),
    '',
    ...pretty(data).split('\n').map(oneLine),
    '',
  ].join('\n');
}

function pretty(data: string): string {
  try {
    return JSON.stringify(JSON.parse(data), null, 2);
  } catch {
    return data;
  }
}
