import { events } from '../../shared/kinds/messages';
import { readLetters, type Letter } from '../../shared/dead-letters/letters';
import { openMailbox } from '../../shared/dead-letters/mailbox';
import { nameBelow } from './names';
import { systemClock } from '../../shared/system/clock';

/** Every dead letter in a subscription, each once. */
export async function readAllLetters(subscription: string): Promise<readonly Letter[]> {
  const mailbox = await openMailbox(subscription, systemClock);
  try {
    const messages = [];
    for await (const some of mailbox.read()) messages.push(...some);
    return readLetters(messages, events.sourceOf);
  } finally {
    await mailbox.close();
  }
}

/** Exactly the impossible ones, for the right reasons; a job that was planned twice may be given up twice. */
export function compareLetters(
  expected: ReadonlySet<string>,
  letters: readonly Letter[],
): string[] {
  const found = new Set(letters.map(letterKey));
  return [
    ...[...expected].filter((key) => !found.has(key)).map((key) => `no letter: ${key}`),
    ...[...found].filter((key) => !expected.has(key)).map((key) => `a letter: ${key}`),
  ];
}

/** How many there are of each reason. */
export function countReasons(letters: readonly Letter[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { reason } of letters) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** A letter as the model names it. */
function letterKey({ reason, function: by = '', target = '', source, data }: Letter): string {
  return `${reason} ${by} ${target} ${source === undefined ? data : nameBelow(source)}`;
}
