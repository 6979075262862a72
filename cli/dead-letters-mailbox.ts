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
} from '../shared/dead-letters/letters';
import { events } from '../shared/kinds/events';
import { openMailbox, type HeldMessage, type Mailbox } from '../shared/dead-letters/mailbox';
import { LETTER_REASONS } from '../shared/dead-letters/read-dead-letter';
import { wholeNumber } from './arguments';
import { parseDuration } from './duration';
import type { Rules } from '../shared/rules/rules';
import { systemClock } from '../shared/system/clock';
import { didYouMean } from '../shared/text/nearest';
import { resourceName, type ResourceFlags } from './resources';
import { loadRules, type RulesFlags } from './rules-file';
import {
  expandGroups,
  reasonOption,
  ruleOption,
  targetNames,
  targetOption,
  type Names,
} from './selectors';
import { CommandFailure, UsageError, type Terminal } from './terminal';

export interface MailboxFlags extends ResourceFlags {
  readonly subscription?: string;
  readonly limit?: string;
}

export interface FilterFlags extends RulesFlags {
  readonly target?: Names;
  readonly rule?: Names;
  readonly reason?: Names;
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
    .addOption(targetOption('those for these targets'))
    .addOption(ruleOption('those of these rules'))
    .addOption(reasonOption('those with these reasons'))
    .option('--older-than <duration>', 'those given up longer ago: 90s, 15m, 2h, 7d')
    .option('--newer-than <duration>', 'those given up since then')
    .option('--rules <file>', 'rules, which name targets (default: RULES_FILE, else rules.yaml)');
}

/** Which letters a command is about. */
export interface LetterQuery {
  readonly filter: LetterFilter;
  /** Names that no rules know: a letter must, as it may be older than the rules. */
  readonly doubts: readonly Doubt[];
}

interface Doubt {
  readonly what: 'target' | 'rule' | 'reason';
  readonly name: string;
  readonly known: Names;
}

/**
 * Reads the filters of a command; without rules names are taken as they stand.
 *
 * @throws {UsageError} for a duration that is none.
 */
export function queryOf(flags: FilterFlags, env: Terminal['env'], now = Date.now()): LetterQuery {
  const { target = [], rule = [], reason = [], olderThan, newerThan } = flags;
  const rules = target.length + rule.length > 0 ? rulesIfAny(flags, env) : undefined;
  const doubt = (what: Doubt['what'], names: Names, known: Names | undefined): Doubt[] =>
    known === undefined
      ? []
      : names.filter((name) => !known.includes(name)).map((name) => ({ what, name, known }));
  return {
    filter: {
      ...(target.length > 0 && { targets: rules ? expandGroups(rules, target) : new Set(target) }),
      ...(rule.length > 0 && { rules: new Set(rule) }),
      ...(reason.length > 0 && { reasons: new Set(reason) }),
      ...(olderThan !== undefined && { before: new Date(now - parseDuration(olderThan)) }),
      ...(newerThan !== undefined && { after: new Date(now - parseDuration(newerThan)) }),
    },
    doubts: [
      ...doubt('target', target, rules && targetNames(rules)),
      ...doubt(
        'rule',
        rule,
        rules?.rules.map(({ name }) => name),
      ),
      ...doubt('reason', reason, LETTER_REASONS),
    ],
  };
}

/** A rules file that is not there, or being worked on, keeps nobody from his dead letters, unless he names it. */
function rulesIfAny(flags: RulesFlags, env: Terminal['env']): Rules | undefined {
  try {
    return loadRules(flags, env);
  } catch (error) {
    if (error instanceof CommandFailure && flags.rules === undefined) return undefined;
    throw error;
  }
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
 * @throws {UsageError} for a name that neither rules nor letters have.
 */
export async function withLetters<T>(
  { env, interruption }: Terminal,
  flags: MailboxFlags,
  { filter, doubts }: LetterQuery,
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
      const wanted = { filter, limit, signal };
      const { letters: found, named } = await read(mailbox, wanted).catch(refuse);
      if (signal.aborted) throw new CommandFailure('Interrupted: every letter was given back.');
      const letters = found.slice(0, limit);
      const hasMore = found.length > limit;
      if (!hasMore) settleDoubts(doubts, named);
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

interface FoundLetters {
  /** One more than the limit if there are more; none that matter once the signal is aborted. */
  readonly letters: readonly Letter[];
  /** What all letters name that were seen on the way. */
  readonly named: Readonly<Record<Doubt['what'], ReadonlySet<string>>>;
}

async function read(mailbox: Mailbox, { filter, limit, signal }: Wanted): Promise<FoundLetters> {
  const meant: HeldMessage[] = [];
  const named = { target: new Set<string>(), rule: new Set<string>(), reason: new Set<string>() };
  let letters: Letter[] = [];
  for await (const messages of mailbox.read()) {
    for (const { target, rule, reason } of readLetters(messages, events.sourceOf)) {
      if (target !== undefined) named.target.add(target);
      if (rule !== undefined) named.rule.add(rule);
      named.reason.add(reason);
    }
    meant.push(...messages.filter((message) => isMeant(message, filter)));
    letters = limit < meant.length ? readLetters(meant, events.sourceOf) : [];
    if (signal.aborted || letters.length > limit) return { letters, named };
  }
  return { letters: readLetters(meant, events.sourceOf), named };
}

/** @throws {UsageError} */
function settleDoubts(doubts: LetterQuery['doubts'], named: FoundLetters['named']): void {
  for (const { what, name, known } of doubts) {
    if (named[what].has(name)) continue;
    const candidates = [...known, ...named[what]];
    const where =
      what === 'reason' ? 'No dead letter has' : 'Neither the rules nor a dead letter have';
    throw new UsageError(`${where} a ${what} "${name}"${didYouMean(name, candidates) || '.'}`);
  }
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
