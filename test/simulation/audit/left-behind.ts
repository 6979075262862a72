import type { Delivery } from '../functions/fleet';
import type { Violation } from './violation';

/** What an instance still waits for when it has answered all its deliveries. */
export function leftBehind({ isLast, life, message }: Delivery): Violation[] {
  const left = life.waiting().filter(isOfDelivery);
  if (!isLast || left.length === 0) return [];
  const detail = `${life.name} after ${message.messageId}: ${left.join(', ')}`;
  return [{ invariant: 'leak', detail, about: life.name }];
}

/** An access token is the process's own, whoever needed it first; and it comes, or does not, within its deadline. */
function isOfDelivery(what: string, _at: number, all: readonly string[]): boolean {
  if (isToken(what)) return false;
  return !(all.some(isToken) && what === 'a deadline of 60000 ms');
}

function isToken(what: string): boolean {
  return what === 'an access token' || what.endsWith('GET /token');
}
