import type { Command } from 'commander';
import { serviceMessage } from '../shared/events/service-message';
import { serviceFailure } from '../shared/google/service-failure';
import { GoogleCredentialsError } from '../shared/google/tokens';
import { isMeant, readLetters, type Letter, type LetterFilter } from '../shared/jobs/letters';
import { openMailbox, type Mailbox } from '../shared/jobs/mailbox';
import { wholeNumber } from './arguments';
import { parseDuration } from './duration';
import { resourceName, type ResourceFlags } from './resources';
import { CommandFailure, type Terminal } from './terminal';

export interface MailboxFlags extends ResourceFlags {
  readonly subscription?: string;
  readonly limit: string;
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
    .option('--limit <n>', 'look at so many at most', '1000');
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
  readonly ack: Mailbox['ack'];
}

/**
 * Opens the mailbox, lets `use` have its letters, and gives back what was not taken away.
 *
 * @throws {CommandFailure} when it cannot be read.
 */
export async function withLetters<T>(
  env: Terminal['env'],
  flags: MailboxFlags,
  filter: LetterFilter,
  use: (mailbox: OpenMailbox) => Promise<T>,
): Promise<T> {
  const name = flags.subscription ?? env['DEAD_LETTER_SUBSCRIPTION'] ?? 'dead-letters';
  const subscription = resourceName('subscriptions', name, flags, env);
  const limit = wholeNumber(flags.limit, '--limit');
  const refuse = (cause: unknown): never => {
    throw unreadable(subscription, cause);
  };
  const mailbox = await openMailbox(subscription).catch(refuse);
  try {
    const messages = await mailbox.pull(limit).catch(refuse);
    const letters = readLetters(messages).filter((letter) => isMeant(letter, filter));
    return await use({ subscription, letters, ack: mailbox.ack });
  } finally {
    await mailbox.close();
  }
}

function unreadable(subscription: string, cause: unknown): CommandFailure {
  const failure = serviceFailure(cause, subscription, 'to read dead letters');
  const why = failure instanceof GoogleCredentialsError ? failure.message : serviceMessage(cause);
  return new CommandFailure(`${subscription} cannot be read: ${why}`, { cause });
}

/** A letter as `--json` prints it. */
export function toJson({ message, ackIds, ...letter }: Letter): object {
  return { ...letter, copies: ackIds.length, attributes: message.attributes };
}

/** `1 dead letter`, `2 dead letters` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
