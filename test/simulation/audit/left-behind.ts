import type { Delivery } from '../functions/fleet';
import type { Violation } from './violation';

/** What an instance still waits for when it has answered all its deliveries. */
export function leftBehind({ isLast, life, message }: Delivery): Violation[] {
  const left = life.waiting();
  if (!isLast || left.length === 0) return [];
  const detail = `${life.name} after ${message.messageId}: ${left.join(', ')}`;
  return [{ invariant: 'leak', detail, about: life.name }];
}
