import type { PubSubMessage } from '../events/envelope';
import type { HeldMessage } from './mailbox';
import { readDeadLetter, type DeadLetter } from './read-dead-letter';

/** A dead letter in a mailbox. */
export interface Letter extends DeadLetter {
  /** As it was published. */
  readonly message: PubSubMessage;
  /** A letter may have been published more than once. */
  readonly ackIds: readonly string[];
}

/** Reads messages as dead letters: each once, the oldest first. */
export function readLetters(messages: readonly HeldMessage[]): Letter[] {
  const byMessage = new Map<string, Letter>();
  for (const { ackId, ...message } of messages) {
    const letter = readDeadLetter(message);
    const known = byMessage.get(letter.messageId);
    const ackIds = [...(known?.ackIds ?? []), ackId];
    byMessage.set(letter.messageId, { ...(known ?? { ...letter, message }), ackIds });
  }
  return [...byMessage.values()].sort((a, b) => a.time.getTime() - b.time.getTime());
}

/** Which letters are meant; what is left out does not matter. */
export interface LetterFilter {
  readonly ids?: readonly string[];
  readonly target?: string;
  readonly rule?: string;
  readonly reason?: string;
  /** Given up before, or after, this moment. */
  readonly before?: Date;
  readonly after?: Date;
}

export function isMeant(letter: DeadLetter, filter: LetterFilter): boolean {
  const { ids, target, rule, reason, before, after } = filter;
  return (
    (ids === undefined || ids.includes(letter.messageId)) &&
    (target === undefined || target === letter.target) &&
    (rule === undefined || rule === letter.rule) &&
    (reason === undefined || reason === letter.reason) &&
    (before === undefined || letter.time < before) &&
    (after === undefined || letter.time > after)
  );
}
