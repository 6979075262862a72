import type { PubSubMessage } from '../events/envelope';
import { withoutReport } from '../jobs/dead-letter';
import type { Events } from '../jobs/events';
import type { HeldMessage } from './mailbox';
import { readDeadLetter, type DeadLetter } from './read-dead-letter';

/** A dead letter in a mailbox. */
export interface Letter extends DeadLetter {
  /** As it was published. */
  readonly message: PubSubMessage;
  /** A letter may have been published more than once. */
  readonly ackIds: readonly string[];
}

/**
 * Reads messages as dead letters: each once, the oldest first. What comes twice has one `messageId`, and the same data
 * and attributes (a notice of an object may be nothing else), reports and history apart. An id is an attribute that anybody
 * can write: where letters of different messages claim one, each goes by its own message's.
 */
export function readLetters(
  messages: readonly HeldMessage[],
  sourceOf: Events['sourceOf'],
): Letter[] {
  const byContent = new Map<string, Letter>();
  for (const { ackId, ...message } of messages) {
    const letter = readDeadLetter(message, sourceOf);
    const own = Object.entries(withoutReport(message.attributes)).sort();
    const content = JSON.stringify([letter.messageId, letter.data, own]);
    const known = byContent.get(content);
    const ackIds = [...(known?.ackIds ?? []), ackId];
    byContent.set(content, { ...(known ?? { ...letter, message }), ackIds });
  }
  const letters = [...byContent.values()];
  const claims = new Map<string, number>();
  for (const { messageId } of letters) claims.set(messageId, (claims.get(messageId) ?? 0) + 1);
  return letters
    .map((letter) => {
      const isUnique = claims.get(letter.messageId) === 1;
      return isUnique ? letter : { ...letter, messageId: letter.message.id };
    })
    .sort((a, b) => a.time.getTime() - b.time.getTime());
}

/** For callers that do not ask what a letter is about. */
const UNASKED = (): undefined => undefined;

/** Which letters are meant; what is left out does not matter. */
export interface LetterFilter {
  /** Of the message that was given up, or of the letter's own. */
  readonly ids?: readonly string[];
  readonly targets?: ReadonlySet<string>;
  readonly rules?: ReadonlySet<string>;
  readonly reasons?: ReadonlySet<string>;
  /** Given up before, or after, this moment. */
  readonly before?: Date;
  readonly after?: Date;
}

/**
 * Those that go by an id: of the message that was given up, else of the letter's own message. Several where somebody has
 * written an id that is not his.
 */
export function lettersBy(letters: readonly Letter[], id: string): Letter[] {
  const claiming = letters.filter(
    ({ message }) => readDeadLetter(message, UNASKED).messageId === id,
  );
  return claiming.length > 0 ? claiming : letters.filter(({ message }) => message.id === id);
}

export function isMeant(message: PubSubMessage, filter: LetterFilter): boolean {
  const letter = readDeadLetter(message, UNASKED);
  const { ids, targets, rules, reasons, before, after } = filter;
  return (
    (ids === undefined || ids.includes(letter.messageId) || ids.includes(message.id)) &&
    (targets?.has(letter.target ?? '') ?? true) &&
    (rules?.has(letter.rule ?? '') ?? true) &&
    (reasons?.has(letter.reason) ?? true) &&
    (before === undefined || letter.time < before) &&
    (after === undefined || letter.time > after)
  );
}
