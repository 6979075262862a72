import { systemClock } from '../shared/system/clock';
import { parseDuration } from './duration';
import { formatOf, type OutputFlags } from './output';
import { isLive, UsageError, type Terminal } from './terminal';

const INTERVAL = '10s';
/** The cursor to the top, and all below it away. */
const CLEAR = '\u001b[H\u001b[J';

/** Runs `show` again and again until Ctrl-C. It calls its argument before it prints: a terminal then shows the newest alone. */
export async function watch(
  terminal: Terminal,
  interval: string | true,
  flags: OutputFlags & { readonly html?: string },
  show: (onPrint: () => void) => Promise<void>,
): Promise<void> {
  const { stdout, env } = terminal;
  if (!['table', 'wide'].includes(formatOf(flags) ?? 'table') || flags.html !== undefined) {
    throw new UsageError('--watch prints a table only.');
  }
  const pause = parseDuration(interval === true ? INTERVAL : interval);
  const { signal, release } = terminal.interruption();
  const clear = isLive(stdout, env) ? () => void stdout.write(CLEAR) : () => undefined;
  try {
    while (!signal.aborted) {
      await show(clear);
      await systemClock.sleep(pause, signal).catch(() => undefined);
    }
  } finally {
    release();
  }
}
