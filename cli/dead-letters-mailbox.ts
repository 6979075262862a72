import type { Command } from 'commander';
import { serviceMessage } from '../shared/events/service-message';
import { serviceFailure } from '../shared/google/service-failure';
import { GoogleCredentialsError } from '../shared/google/tokens';
import {
  lettersBy,
  isMeant,
  readLetters,
  type Letter,
  type LetterFilter,
} from '../shared/jobs/letters';
import { events } from '../shared/kinds/events';
import { openMailbox, type HeldMessage, type Mailbox } from '../shared/jobs/mailbox';
import { wholeNumber } from './arguments';
import { parseDuration } from './duration';
import { resourceName, type ResourceFlags } from './resources';
import { CommandFailure, type Terminal } from './terminal';
import { systemClock } from '../shared/system/clock';

export interface MailboxFlags extends ResourceFlags {
  readonly subscription?: string;
  readonly limit?: string;
}

export interface FilterFlags {
  readonly target?: string;
  readonly rule?: string;
  readonly reason?: string;
  readonly olderThan?: string;
  readonly newerThan?: string;
}

/** Which mailbox. */
export function withMailboxOptions(command: Command): Command {
  return command
    .option('--subscription <name>', 'default: DEAD_LETTER_SUBSCRIPTION, else dead-letters')
    .option('--project <id>', 'the project of what is not named in full')
    .option('--limit <n>', 'so many of those that are meant, at most (default: all)');
}

/** Which letters in it. */
export function withFilterOptions(command: Command): Command {
  return command
    .option('--target <name>', 'those for this target')
    .option('--rule <name>', 'those of this rule')
    .option('--reason <code>', 'those with this reason')
    .option('--older-than <duration>', 'those given up longer ago: 90s, 15m, 2h, 7d')
    .option('--newer-than <duration>', 'those given up since then');
}

/** @throws {UsageError} for a duration that is none. */
export function filterOf(flags: FilterFlags, now = Date.now()): LetterFilter {
  const { target, rule, reason, olderThan, newerThan } = flags;
  return {
    ...(target !== undefined && { target }),
    ...(rule !== undefined && { rule }),
    ...(reason !== undefined && { reason }),
    ...(olderThan !== undefined && { before: new Date(now - parseDuration(olderThan)) }),
    ...(newerThan !== undefined && { after: new Date(now - parseDuration(newerThan)) }),
  };
}

export interface OpenMailbox {
  /** Its full name. */
  readonly subscription: string;
  /** Those that are meant. */
  readonly letters: readonly Letter[];
  /** There are more than the limit allows. */
  readonly hasMore: boolean;
  readonly ack: Mailbox['ack'];
  /** Is aborted by Ctrl-C: then the mailbox wants to be left in order. */
  readonly signal: AbortSignal;
}

/**
 * Opens the mailbox, lets `use` have its letters, and gives back what was not taken away, after Ctrl-C, too.
 *
 * @throws {CommandFailure} when it cannot be read, or is left before it was read.
 */
export async function withLetters<T>(
  { env, interruption }: Terminal,
  flags: MailboxFlags,
  filter: LetterFilter,
  use: (mailbox: OpenMailbox) => Promise<T>,
): Promise<T> {
  const name = flags.subscription ?? env['DEAD_LETTER_SUBSCRIPTION'] ?? 'dead-letters';
  const subscription = resourceName('subscriptions', name, flags, env);
  const limit = flags.limit === undefined ? Infinity : wholeNumber(flags.limit, '--limit');
  const refuse = (cause: unknown): never => {
    throw unreadable(subscription, cause);
  };
  const { signal, release } = interruption();
  try {
    const mailbox = await openMailbox(subscription, systemClock).catch(refuse);
    try {
      const found = await read(mailbox, { filter, limit, signal }).catch(refuse);
      if (signal.aborted) throw new CommandFailure('Interrupted: every letter was given back.');
      const letters = found.slice(0, limit);
      const hasMore = found.length > limit;
      return await use({ subscription, letters, hasMore, ack: mailbox.ack, signal });
    } finally {
      await mailbox.close();
    }
  } finally {
    release();
  }
}

interface Wanted {
  readonly filter: LetterFilter;
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** The letters that are meant, one more than the limit if there are more; none that matter once `signal` is aborted. */
async function read(mailbox: Mailbox, { filter, limit, signal }: Wanted): Promise<Letter[]> {
  const meant: HeldMessage[] = [];
  let letters: Letter[] = [];
  for await (const messages of mailbox.read()) {
    meant.push(...messages.filter((message) => isMeant(message, filter)));
    letters = limit < meant.length ? readLetters(meant, events.sourceOf) : [];
    if (signal.aborted || letters.length > limit) return letters;
  }
  return readLetters(meant, events.sourceOf);
}

function unreadable(subscription: string, cause: unknown): CommandFailure {
  const failure = serviceFailure(cause, subscription, 'to read dead letters');
  const why = failure instanceof GoogleCredentialsError ? failure.message : serviceMessage(cause);
  return new CommandFailure(`${subscription} cannot be read: ${why}`, { cause });
}

/**
 * The letters that go by an id: one, or none.
 *
 * @throws {CommandFailure} for several: an id that anybody can write is not enough to tell which is meant.
 */
export function letterBy(letters: readonly Letter[], id: string): Letter | undefined {
  const found = lettersBy(letters, id);
  if (found.length <= 1) return found[0];
  const own = found.map(({ messageId }) => messageId).join(', ');
  throw new CommandFailure(
    `${found.length} letters say that they are of ${id}; by their own ids they are ${own}.`,
  );
}

/** A letter as `--json` prints it. */
export function toJson({ message, ackIds, ...letter }: Letter): object {
  return { ...letter, copies: ackIds.length, attributes: message.attributes };
}

/** Said of letters that a limit has cut short. */
export const MORE = '; there are more than --limit';

/** `1 dead letter`, `2 dead letters` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
