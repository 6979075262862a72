import { createInterface } from 'node:readline';
import { wrappedLines } from '../shared/text/wrapped';
import { CommandFailure, UsageError, widthOf, type Terminal } from './terminal';

/**
 * Shows what is about to happen and asks for confirmation; with `yes` it only shows it.
 * @throws {UsageError} without a terminal; {@link CommandFailure} if the answer is no.
 */
export async function confirm(
  { stdin, stderr }: Pick<Terminal, 'stdin' | 'stderr'>,
  plan: string,
  yes: boolean,
): Promise<void> {
  const canAsk = stdin.isTTY === true && stderr.isTTY === true;
  if (!yes && !canAsk) {
    throw new UsageError(`${plan}\nNot a terminal; pass --yes to confirm.`);
  }
  stderr.write(`${wrappedLines(plan, widthOf(stderr))}\n`);
  if (yes) return;
  stderr.write('Continue? [y/N] ');
  const answer = await readLine(stdin);
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new CommandFailure('Aborted.');
}

/** Empty at the end of the input. */
async function readLine(input: Terminal['stdin']): Promise<string> {
  const lines = createInterface({ input });
  try {
    return await new Promise((resolve) => {
      lines.once('line', resolve).once('close', () => resolve(''));
    });
  } finally {
    lines.close();
  }
}
