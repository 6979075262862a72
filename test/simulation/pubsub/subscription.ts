import { type MessageContent, toDeadLetter } from '../../../local/servers/broker/message';
import type { Random } from '../../support/random';
import type { Scheduler } from '../time/scheduler';
import type { Trace } from '../trace';
import type { Message } from './message';

/** Seconds, as infra/subscriptions.json has them. */
export interface SubscriptionSettings {
  readonly name: string;
  readonly ackDeadlineSeconds: number;
  readonly minimumBackoffSeconds: number;
  readonly maximumBackoffSeconds: number;
  readonly maxDeliveryAttempts: number;
}

export interface SubscriptionDeps {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly trace: Trace;
  readonly push: (delivery: Pushed) => void;
  readonly giveUp: (message: MessageContent) => void;
  readonly unrest: () => Unrest;
}

/** A message on its way to a function. */
export interface Pushed {
  readonly message: Message;
  /** Called with whether it was acknowledged. */
  readonly answered: (isAcked: boolean) => void;
}

/** How bad Pub/Sub's days are: shares of the messages, 0 to 1. */
export interface Unrest {
  readonly duplicate: number;
  readonly late: number;
}

/** Delivers each message until it is acknowledged, and sometimes once more. */
export interface Subscription {
  readonly take: (message: Message) => void;
  /** Messages that are not acknowledged yet. */
  readonly open: () => readonly Message[];
}

const LATE_MS = 240_000;

export function createSubscription(
  settings: SubscriptionSettings,
  deps: SubscriptionDeps,
): Subscription {
  const { scheduler, random, trace } = deps;
  const open = new Map<string, Message>();

  const delay = (): number =>
    random.chance(deps.unrest().late) ? random.between(0, LATE_MS) : random.between(5, 100);

  const deliver = (message: Message, attempt: number): void => {
    trace.tell('pubsub', `${settings.name} delivers ${message.messageId}, attempt ${attempt}`);
    let isOver = false;
    const once = (isAcked: boolean): void => {
      if (isOver) return;
      isOver = true;
      stopWaiting();
      if (isAcked) acked(message);
      else refused(message, attempt);
    };
    const stopWaiting = scheduler.after(settings.ackDeadlineSeconds * 1000, () => once(false));
    deps.push({ message, answered: once });
  };

  const acked = (message: Message): void => {
    open.delete(message.messageId);
    // An acknowledgement that is lost.
    if (random.chance(deps.unrest().duplicate)) scheduler.after(delay(), () => deliver(message, 1));
  };

  const refused = (message: Message, attempt: number): void => {
    // Another delivery of it has been acknowledged.
    if (!open.has(message.messageId)) return;
    if (attempt >= settings.maxDeliveryAttempts) {
      open.delete(message.messageId);
      deps.giveUp(toDeadLetter(message, `projects/p/subscriptions/${settings.name}`, attempt));
      return;
    }
    const { minimumBackoffSeconds: least, maximumBackoffSeconds: most } = settings;
    const backOff = Math.min(least * 2 ** (attempt - 1), most) * 1000 * random.between(1, 1.2);
    scheduler.after(backOff, () => {
      if (open.has(message.messageId)) deliver(message, attempt + 1);
    });
  };

  return {
    open: () => [...open.values()],
    take(message) {
      open.set(message.messageId, message);
      scheduler.after(delay(), () => deliver(message, 1));
      if (random.chance(deps.unrest().duplicate))
        scheduler.after(delay(), () => deliver(message, 1));
    },
  };
}
