import type { Command } from 'commander';
import { serviceMessage } from '../shared/events/service-message';
import { serviceFailure } from '../shared/google/service-failure';
import { GoogleCredentialsError } from '../shared/google/credentials-error';
import { lettersBy, isMeant, readLetters, type Letter } from '../shared/dead-letters/letters';
import { events } from '../shared/kinds/messages';
import {
  openSubscriptionReader,
  type HeldMessage,
  type SubscriptionReader,
} from '../shared/dead-letters/subscription-reader';
import { systemClock } from '../shared/system/clock';
import { wholeNumber } from './arguments';
import { unseenNames, warnOfUnseenNames, type LetterQuery, type Named } from './dead-letters-query';
import { resourceName, type ResourceFlags } from './resources';
import { CommandFailure, type Terminal } from './terminal';
import { showCalls } from './verbose';

export interface SubscriptionFlags extends ResourceFlags {
  readonly subscription?: string;
  readonly limit?: string;
}

/** Adds the options for the subscription of the dead letters. */
export function withSubscriptionOptions(command: Command): Command {
  return command
    .option('--subscription <name>', 'default: DEAD_LETTER_SUBSCRIPTION, else dead-letters')
    .option('--project <id>', 'project of names that are not full')
    .option('--limit <n>', 'maximum number of matches (default: all)');
}

export interface OpenReader {
  /** Its full name. */
  readonly subscription: string;
  /** Those that are meant. */
  readonly letters: readonly Letter[];
  /** There are more than the limit allows. */
  readonly hasMore: boolean;
  readonly ack: SubscriptionReader['ack'];
  /** Aborted by Ctrl-C: the dead letters are released before the command ends. */
  readonly signal: AbortSignal;
}

/**
 * Reads the dead letters, passes them to `use`, and releases those that were not acknowledged, after Ctrl-C too.
 *
 * @throws {CommandFailure} when it cannot be read, or is left before it was read.
 * @throws {UsageError} for a name that neither rules nor dead letters have.
 */
export async function withLetters<T>(
  terminal: Terminal,
  flags: SubscriptionFlags,
  { filter, unknownNames }: LetterQuery,
  use: (reader: OpenReader) => Promise<T>,
): Promise<T> {
  const { env, interruption } = terminal;
  const name = flags.subscription ?? env['DEAD_LETTER_SUBSCRIPTION'] ?? 'dead-letters';
  const subscription = resourceName('subscriptions', name, flags, env);
  const limit = flags.limit === undefined ? Infinity : wholeNumber(flags.limit, '--limit');
  const refuse = (cause: unknown): never => {
    throw unreadable(subscription, cause);
  };
  const { signal, release } = interruption();
  try {
    const reader = await openSubscriptionReader(
      subscription,
      systemClock,
      showCalls(terminal),
    ).catch(refuse);
    try {
      const wanted = { filter, unknownNames, limit, signal };
      const { letters: found, named } = await read(reader, wanted).catch(refuse);
      if (signal.aborted) throw new CommandFailure('Interrupted: every dead letter was released.');
      const letters = found.slice(0, limit);
      warnOfUnseenNames(unknownNames, named);
      const hasMore = found.length > limit;
      return await use({ subscription, letters, hasMore, ack: reader.ack, signal });
    } finally {
      await reader.close();
    }
  } finally {
    release();
  }
}

interface Wanted extends LetterQuery {
  readonly limit: number;
  readonly signal: AbortSignal;
}

interface FoundLetters {
  /** One more than the limit if there are more; none that matter once the signal is aborted. */
  readonly letters: readonly Letter[];
  /** What all letters name that were seen on the way. */
  readonly named: Named;
}

/** Reads beyond the limit only while a doubtful name has been seen in no letter. */
async function read(reader: SubscriptionReader, wanted: Wanted): Promise<FoundLetters> {
  const { filter, unknownNames, limit, signal } = wanted;
  const meant: HeldMessage[] = [];
  const named = { target: new Set<string>(), rule: new Set<string>(), reason: new Set<string>() };
  let letters: Letter[] = [];
  for await (const messages of reader.read()) {
    for (const { target, rule, reason } of readLetters(messages, events.sourceOf)) {
      if (target !== undefined) named.target.add(target);
      if (rule !== undefined) named.rule.add(rule);
      named.reason.add(reason);
    }
    meant.push(...messages.filter((message) => isMeant(message, filter)));
    letters = limit < meant.length ? readLetters(meant, events.sourceOf) : [];
    const isEnough = letters.length > limit && unseenNames(unknownNames, named).length === 0;
    if (signal.aborted || isEnough) return { letters, named };
  }
  return { letters: readLetters(meant, events.sourceOf), named };
}

function unreadable(subscription: string, cause: unknown): CommandFailure {
  const failure = serviceFailure(cause, subscription, 'to read dead letters');
  const why = failure instanceof GoogleCredentialsError ? failure.message : serviceMessage(cause);
  return new CommandFailure(`${subscription} cannot be read: ${why}`, { cause });
}

/**
 * Returns the dead letter with an ID, if any.
 * @throws {CommandFailure} for several: any publisher can write an ID, so the ID alone is ambiguous.
 */
export function letterBy(letters: readonly Letter[], id: string): Letter | undefined {
  const found = lettersBy(letters, id);
  if (found.length <= 1) return found[0];
  const own = found.map(({ messageId }) => messageId).join(', ');
  throw new CommandFailure(
    `${found.length} dead letters claim the ID ${id}; pass one of their own message IDs: ${own}.`,
  );
}

/** A dead letter as `--json` prints it. */
export function toJson({ message, ackIds, ...letter }: Letter): object {
  return { ...letter, copies: ackIds.length, attributes: message.attributes };
}

/** Appended if `--limit` hides dead letters. */
export const MORE = '; there are more than --limit';

/** Pub/Sub does not report whether any messages are hidden, or how many. */
export const HIDDEN = 'Messages leased by another subscriber are not shown; retry in a minute.';
