import type { Delivery } from '../functions/fleet';
import { openBodies } from '../network/body';
import type { Violation } from './violation';

/** What an instance still waits for, or still reads, when it has answered all its deliveries. */
export function leftBehind({ isLast, life, message }: Delivery): Violation[] {
  const left = [...life.waiting(), ...openBodies(life)].filter((what) => !isToken(what));
  if (!isLast || left.length === 0) return [];
  const detail = `${life.name} after ${message.messageId}: ${left.join(', ')}`;
  return [{ invariant: 'leak', detail, about: life.name }];
}

/** An access token is the process's own, whoever needed it first; and it comes, or does not, within its deadline. */
function isToken(what: string): boolean {
  return /^an access token$|GET \S*\/token(?:\?\S*)?$|^a deadline of 60000 ms$/.test(what);
}
