import type { Command } from 'commander';
import type { Letter } from '../shared/jobs/letters';
import { formatTable } from '../shared/text/table';
import {
  counted,
  MORE,
  filterOf,
  toJson,
  withFilterOptions,
  withLetters,
  withMailboxOptions,
  type FilterFlags,
  type MailboxFlags,
} from './dead-letters-mailbox';
import { printJson, widthOf, type Terminal } from './terminal';

interface ListFlags extends MailboxFlags, FilterFlags {
  readonly json?: boolean;
}

/** `dead-letters list`: reads what was given up, and leaves it where it is. */
export function addList(group: Command, terminal: Terminal): void {
  withFilterOptions(withMailboxOptions(group.command('list')))
    .description('list dead letters without taking them away')
    .option('--json', 'print the letters as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  registry-relay dead-letters list --project vendor --target acme --newer-than 1d',
    )
    .action((flags: ListFlags) => list(terminal, flags));
}

async function list(terminal: Terminal, flags: ListFlags): Promise<void> {
  const { stdout } = terminal;
  await withLetters(terminal, flags, filterOf(flags), ({ subscription, letters, hasMore }) => {
    if (flags.json) printJson(stdout, { subscription, hasMore, letters: letters.map(toJson) });
    else stdout.write(`${describe(letters, widthOf(stdout))}${hasMore ? MORE : ''}\n`);
    return Promise.resolve();
  });
}

function describe(letters: readonly Letter[], width?: number): string {
  if (letters.length === 0) return 'No dead letters.';
  const rows = letters.map((letter) => {
    const { messageId, time, reason, target, source, data, remedy, error } = letter;
    return [
      messageId,
      time.toISOString().slice(0, 19).replace('T', ' '),
      reason,
      target ?? '',
      source ?? data.slice(0, 60),
      `${error.replace(/\.?$/, '.')} ${remedy}`,
    ];
  });
  const head = ['ID', 'TIME', 'REASON', 'TARGET', 'SOURCE', 'WHAT TO DO'];
  const columns = head.map((name) => ({ name }));
  return `${formatTable({ columns, rows, width })}\n${counted(letters.length, 'dead letter')}`;
}
