import type { Command } from 'commander';
import { addList } from './dead-letters-list';
import { addReplay } from './dead-letters-replay';
import { addShow } from './dead-letters-show';
import type { Terminal } from './terminal';

/** `dead-letters list|show|replay`: what was given up. */
export function addDeadLetters(program: Command, terminal: Terminal): void {
  const group = program
    .command('dead-letters')
    .summary('list, show and replay failed messages')
    .description('list, show and replay messages that failed for good')
    .addHelpText(
      'after',
      '\nExamples:\n  relay dead-letters list --target acme\n  relay dead-letters replay --target acme --yes',
    );
  for (const add of [addList, addShow, addReplay]) add(group, terminal);
}
