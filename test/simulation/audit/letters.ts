import { EPOCH } from '../time/clock';
import type { ExpectedLetter } from '../model/letter';
import type { Release } from '../model/release';
import type { Message } from '../pubsub/message';
import { formatTime } from '../trace';
import type { Violation } from './violation';

const GRACE_MS = 600_000;
/** A job that is old enough waits for its turn: back-offs, and instances that are killed with it or cannot publish. */
const PATIENCE_MS = 2 * 3_600_000;

/** Compares the dead letters that were written with those that must be. A letter may come twice. */
export function auditLetters(
  expected: readonly ExpectedLetter[],
  letters: readonly Message[],
): Violation[] {
  const problems = letters.flatMap((letter) => problemOf(letter, expected) ?? []);
  const missing = expected
    .filter(({ isCertain }) => isCertain)
    .filter((wanted) => !letters.some((letter) => isMeant(letter, wanted)))
    .map((wanted) => `none for ${wanted.reason} of ${wanted.data} ${wanted.target ?? ''}`);
  return [...problems, ...missing].map((detail) => ({ invariant: 'dead-letters', detail }));
}

function problemOf(letter: Message, expected: readonly ExpectedLetter[]): string | undefined {
  const { attributes, data, messageId, publishTime } = letter;
  const about = `${messageId} (${attributes['reason'] ?? 'undelivered'}) of ${data.toString()}`;
  const meant = expected.filter((one) => isMeant(letter, one));
  if (meant.length === 0) return `${about}: ${attributes['error'] ?? 'too many deliveries'}`;
  const at = publishTime - EPOCH;
  const inTime = meant.some(({ since, graces, patience = PATIENCE_MS }) => {
    // Who asks for the same again later begins anew.
    const begun = Math.max(since, Date.parse(attributes['since'] ?? '') - EPOCH || 0);
    const due = begun + graces * GRACE_MS;
    return at >= Math.floor(due) && at <= due + patience;
  });
  return inTime ? undefined : `${about}: at ${formatTime(at)}, which is too early or too late`;
}

function isMeant({ attributes, data }: Message, wanted: ExpectedLetter): boolean {
  const { reason, target } = attributes;
  return (
    reason === wanted.reason &&
    data.toString().startsWith(wanted.data) &&
    (wanted.target === undefined || wanted.target === target)
  );
}

/** Whether a letter says that a release may not move its tag. */
export function isConflictOf(letters: readonly Message[]): (release: Release) => boolean {
  return ({ customer, image, tag }) =>
    letters.some(
      ({ attributes, data }) =>
        attributes['reason'] === 'tag-conflict' &&
        attributes['target'] === customer.name &&
        data.toString().includes(`/${image}:${tag}@`),
    );
}
