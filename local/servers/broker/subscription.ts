import { type DeliveryPolicy, readDeliveryPolicy, retryDelay } from './delivery-policy';
import type { PlanArrivals } from './faults';
import type { SubscriptionResource, TimeScale } from './grpc';
import { type Message, type MessageContent, toDeadLetter } from './message';
import {
  createLeases,
  createQueue,
  type Ending,
  type Entry,
  type Lease,
  type Leases,
  type Queue,
} from './queue';

/** A subscription: its settings, which may change while it delivers, and its messages. */
export interface Subscription extends MessageFlow {
  readonly name: string;
  resource(): SubscriptionResource;
  policy(): DeliveryPolicy;
  /** @throws {StatusError} as {@link readDeliveryPolicy}; then nothing is changed */
  update(resource: SubscriptionResource): void;
  /** The number of this delivery of its message; sent only under a dead-letter policy, as Pub/Sub does. */
  deliveryAttempt(lease: Lease): number | undefined;
  /** Calls back when there may be something to lease or the counters changed. Returns the way to stop it. */
  onChange(listener: () => void): () => void;
}

export type SubscriptionDependencies = Omit<FlowDependencies, 'name' | 'policy' | 'onChange'>;

/** @throws {StatusError} as {@link readDeliveryPolicy} */
export function createSubscription(
  given: SubscriptionResource & { readonly name: string },
  dependencies: SubscriptionDependencies,
): Subscription {
  let resource: SubscriptionResource = given;
  let policy = readDeliveryPolicy(resource);
  const { name } = given;
  const listeners = new Set<() => void>();
  const announce = () => listeners.forEach((listener) => listener());
  const flow = createMessageFlow({
    ...dependencies,
    name,
    policy: () => policy,
    onChange: announce,
  });

  return {
    ...flow,
    name,
    resource: () => resource,
    policy: () => policy,
    update(changed) {
      policy = readDeliveryPolicy(changed);
      resource = changed;
      announce();
    },
    deliveryAttempt: ({ entry }) => (policy.deadLetter === undefined ? undefined : entry.attempts),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The way of a subscription's messages from publish to ack. Push and pull are built on `lease` and `settle`. */
interface MessageFlow {
  /** What the subscription's filter leaves out is forgotten. */
  readonly enqueue: (message: Message) => void;
  /** Begins the delivery of the next message; undefined if none may go now. */
  lease(options?: LeaseOptions): Lease | undefined;
  /** Ends a delivery. A lease that has ended already is left as it is, as in Pub/Sub. */
  readonly settle: (ackId: string, ending: Ending) => void;
  /** Gives a delivery so much time from now on, in milliseconds of real Pub/Sub; 0 refuses it. */
  modifyDeadline(ackId: string, milliseconds: number): void;
  /** Older messages become acknowledged; later ones that were, and are retained, come again. */
  seek(time: number): void;
  counters(): Counters;
  /** Forgets all messages; deliveries end in nothing. */
  clear(): void;
}

export interface LeaseOptions {
  /** Milliseconds of real Pub/Sub instead of the subscription's ack deadline. */
  readonly deadline?: number;
  readonly onEnd?: (ending: Ending) => void;
}

interface FlowDependencies {
  /** The subscription's full name. */
  readonly name: string;
  readonly policy: () => DeliveryPolicy;
  /** Called when there may be something to lease or the counters changed. */
  readonly onChange: () => void;
  /** Publishes to a dead-letter topic; false if that is not there, and the message stays. */
  readonly forward: (topic: string, content: MessageContent) => boolean;
  readonly planArrivals: PlanArrivals;
  readonly timeScale: TimeScale;
}

function createMessageFlow(dependencies: FlowDependencies): MessageFlow {
  const { policy, onChange, planArrivals, timeScale } = dependencies;
  const counters = noCounters();
  const archive = createArchive();
  const queue = createQueue(onChange);
  const leases = createLeases((ackId) => settle(ackId, 'expired'));

  const refuse = (entry: Entry): void => {
    counters.nacked++;
    if (giveUp(entry, dependencies)) counters.deadLettered++;
    else queue.add(entry, retryDelay(policy(), entry.attempts) / timeScale.waits);
  };
  const settle = (ackId: string, ending: Ending): void => {
    const lease = leases.take(ackId);
    if (lease === undefined) return;
    if (ending === 'acked') {
      counters.acked++;
      archive.add(lease.entry.message, policy());
    } else {
      refuse(lease.entry);
    }
    lease.onEnd(ending);
    onChange();
  };

  return {
    enqueue(message) {
      if (policy().filter?.(message.attributes) === false) return;
      counters.published++;
      for (const delay of planArrivals()) {
        queue.add({ message, attempts: 0 }, delay / timeScale.waits);
      }
    },
    lease({ deadline = policy().ackDeadline, onEnd = () => undefined } = {}) {
      const entry = queue.take();
      if (entry === undefined) return undefined;
      entry.attempts++;
      counters.delivered++;
      return leases.grant(entry, deadline / timeScale.deadlines, onEnd);
    },
    settle,
    modifyDeadline(ackId, milliseconds) {
      if (milliseconds === 0) settle(ackId, 'nacked');
      else leases.extend(ackId, milliseconds / timeScale.deadlines);
    },
    seek(time) {
      acknowledgeBefore(time, queue, leases);
      for (const message of archive.takeFrom(time)) queue.add({ message, attempts: 0 }, 0);
      onChange();
    },
    counters: () => ({ ...counters, outstanding: queue.size + leases.size }),
    clear() {
      queue.removeIf(() => true);
      leases.clear();
    },
  };
}

/** True if the message went to the dead-letter topic instead of back to the queue. */
function giveUp(
  { message, attempts }: Entry,
  { name, policy, forward }: FlowDependencies,
): boolean {
  const { deadLetter } = policy();
  if (deadLetter === undefined || attempts < deadLetter.maxAttempts) return false;
  return forward(deadLetter.topic, toDeadLetter(message, name, attempts));
}

function acknowledgeBefore(time: number, queue: Queue, leases: Leases): void {
  queue.removeIf(({ message }) => message.publishTime < time);
  for (const { ackId, entry, onEnd } of leases.all()) {
    if (entry.message.publishTime >= time) continue;
    leases.take(ackId);
    onEnd('acked');
  }
}

/** Acknowledged messages that a seek can bring back. */
function createArchive() {
  let messages: Message[] = [];
  return {
    add(message: Message, { retainAcked, retention }: DeliveryPolicy): void {
      if (!retainAcked) return;
      const oldest = Date.now() - retention;
      messages = messages.filter(({ publishTime }) => publishTime >= oldest);
      messages.push(message);
    },
    takeFrom(time: number): Message[] {
      const taken = messages.filter(({ publishTime }) => publishTime >= time);
      messages = messages.filter(({ publishTime }) => publishTime < time);
      return taken;
    },
  };
}

/** What has happened to messages; `outstanding` is what is still to happen. */
export interface Counters {
  /** Messages that arrived, duplicates that were injected not counted. */
  published: number;
  /** Deliveries begun, repeated ones included. */
  delivered: number;
  acked: number;
  /** Refused deliveries, including unanswered ones. */
  nacked: number;
  /** Messages given up and sent to the dead-letter topic. */
  deadLettered: number;
  /** Messages that are not acknowledged yet, whether they wait or are being delivered. */
  outstanding: number;
}

export function sumCounters(all: Iterable<Counters>): Counters {
  const sum = noCounters();
  for (const counters of all) {
    for (const key of Object.keys(sum) as (keyof Counters)[]) sum[key] += counters[key];
  }
  return sum;
}

function noCounters(): Counters {
  return { published: 0, delivered: 0, acked: 0, nacked: 0, deadLettered: 0, outstanding: 0 };
}
