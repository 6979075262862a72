import CliTable from 'cli-table3';
import type { Command } from 'commander';
import { readDeadLetter, type DeadLetter } from '../shared/jobs/dead-letter';
import { browse } from '../shared/jobs/browse';
import { resourceName, type ResourceFlags } from './resources';
import { CommandFailure, printJson, type Terminal } from './terminal';

interface ListFlags extends ResourceFlags {
  readonly subscription?: string;
  readonly limit: string;
  readonly json?: boolean;
}

/** `dead-letters list`: reads what was given up, and leaves it where it is. */
export function addDeadLetters(program: Command, terminal: Terminal): void {
  program
    .command('dead-letters')
    .description('what was given up, and why')
    .command('list')
    .description('list dead letters without taking them away')
    .option('--subscription <name>', 'default: DEAD_LETTER_SUBSCRIPTION, else dead-letters')
    .option('--project <id>', 'the project of a subscription that is not named in full')
    .option('--limit <n>', 'at most so many', '1000')
    .option('--json', 'print the letters as JSON')
    .addHelpText('after', '\nExample:\n  registry-relay dead-letters list --project vendor')
    .action((flags: ListFlags) => list(terminal, flags));
}

async function list({ env, stdout }: Terminal, flags: ListFlags): Promise<void> {
  const name = flags.subscription ?? env['DEAD_LETTER_SUBSCRIPTION'] ?? 'dead-letters';
  const subscription = resourceName('subscriptions', name, flags, env);
  const messages = await browse(subscription, Number(flags.limit)).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`${subscription} cannot be read: ${why}`, { cause });
  });
  const letters = onceEach(messages.map(readDeadLetter));
  if (flags.json) printJson(stdout, { subscription, letters });
  else stdout.write(describe(letters));
}

/** A letter may be published twice. */
function onceEach(letters: readonly DeadLetter[]): DeadLetter[] {
  const byMessage = new Map(letters.map((letter) => [letter.messageId, letter]));
  return [...byMessage.values()].sort((a, b) => a.time.getTime() - b.time.getTime());
}

function describe(letters: readonly DeadLetter[]): string {
  if (letters.length === 0) return 'No dead letters.\n';
  const table = new CliTable({
    head: ['TIME', 'REASON', 'TARGET', 'SOURCE', 'WHAT TO DO'],
    style: { head: [], border: [] },
    colWidths: [null, null, null, null, 60],
    wordWrap: true,
  });
  for (const { time, reason, target, source, data, remedy, error } of letters) {
    table.push([
      time.toISOString().slice(0, 19).replace('T', ' '),
      reason,
      target ?? '',
      source ?? data.slice(0, 60),
      `${error} ${remedy}`,
    ]);
  }
  return `${table.toString()}\n${letters.length} dead ${letters.length === 1 ? 'letter' : 'letters'}\n`;
}
