import type { PubSubMessage } from '../events/envelope';
import { withoutReport } from '../jobs/dead-letter';
import type { Events } from '../jobs/events';
import type { HeldMessage } from './subscription-reader';
import { readDeadLetter, type DeadLetter } from './read-dead-letter';

/** A dead letter in a subscription. */
export interface Letter extends DeadLetter {
  /** The time when it was published. */
  readonly message: PubSubMessage;
  /** The IDs that acknowledge it; several if it was published more than once. */
  readonly ackIds: readonly string[];
}

/**
 * Reads messages as dead letters: each once, the oldest first. Copies have one `messageId` and the same data and
 * attributes (an object event may have no data), reports and history apart. Any publisher can write an ID attribute: if
 * dead letters of different messages claim one ID, each uses its own message's ID.
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

/** For callers that do not need the subject of a dead letter. */
const UNASKED = (): undefined => undefined;

/** Selects dead letters. An unset field selects all. */
export interface LetterFilter {
  /** IDs of the original message, or of the dead letter itself. */
  readonly ids?: readonly string[];
  readonly targets?: ReadonlySet<string>;
  readonly rules?: ReadonlySet<string>;
  readonly reasons?: ReadonlySet<string>;
  /** Dead-lettered before, or after, this time. */
  readonly before?: Date;
  readonly after?: Date;
}

/**
 * Returns the dead letters with an ID: that of the original message, otherwise that of the dead letter. Several may
 * have it, since any publisher can write an ID attribute.
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
