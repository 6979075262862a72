import type { PubSubMessage } from '../events/envelope';
import type { ClientOptions } from '../google/observed-calls';
import type { Clock } from '../system/clock';
import { openPubSub } from '../jobs/open-pubsub';

/** A pull subscription that somebody looks through: what was pulled is hidden from others until the mailbox is closed. */
export interface Mailbox {
  /**
   * Reads message after message, some at a time, to the end, each of them once. What another reader holds at the moment is
   * not among them.
   */
  read(): AsyncGenerator<readonly HeldMessage[], void>;
  /** Takes messages away for good. */
  readonly ack: (ackIds: readonly string[]) => Promise<void>;
  /** Gives back what was pulled and not acked. */
  close(): Promise<void>;
}

export interface HeldMessage extends PubSubMessage {
  readonly ackId: string;
}

/** Pub/Sub may answer an immediate pull with nothing although messages wait; after this many in a row there are none. */
const EMPTY_ANSWERS = 3;
const PAUSE_MS = 200;
/** Ids that one request may name. */
const AT_ONCE = 1000;
/** A person at a terminal waits for the answer. */
const PULL_TIMEOUT_MS = 15_000;
const HOLD_SECONDS = 60;
const RENEW_MS = 20_000;

/** Opens a subscription named in full, on Google's client or on the emulator that PUBSUB_EMULATOR_HOST names. */
export async function openMailbox(
  subscription: string,
  clock: Pick<Clock, 'sleep'>,
  clientOptions: ClientOptions = {},
): Promise<Mailbox> {
  const pubsub = await openPubSub(subscription.split('/')[1] ?? '', clientOptions);
  const { v1 } = await import('@google-cloud/pubsub');
  type Options = ConstructorParameters<typeof v1.SubscriberClient>[0];
  const client = new v1.SubscriberClient((await pubsub.getClientConfig()) as Options);
  const close = async () => {
    await client.close();
    await pubsub.close();
  };
  return createMailbox(subscription, {
    clock,
    subscriber: {
      pull: (request, options) => client.pull(request, options),
      modifyAckDeadline: (request) => client.modifyAckDeadline(request),
      acknowledge: (request) => client.acknowledge(request),
      close,
    },
  });
}

/** What a mailbox asks of Google's client. */
export interface Subscriber {
  pull(
    request: { subscription: string; maxMessages: number; returnImmediately: boolean },
    options: { timeout: number },
  ): Promise<
    [{ readonly receivedMessages?: readonly PulledMessage[] | null | undefined }, ...unknown[]]
  >;
  modifyAckDeadline(request: {
    subscription: string;
    ackIds: string[];
    ackDeadlineSeconds: number;
  }): Promise<unknown>;
  acknowledge(request: { subscription: string; ackIds: string[] }): Promise<unknown>;
  close(): Promise<void>;
}

/** The mailbox of a subscription named in full. It closes the subscriber when it is closed. */
export function createMailbox(
  subscription: string,
  { subscriber, clock }: { subscriber: Subscriber; clock: Pick<Clock, 'sleep'> },
): Mailbox {
  /** The ack id by which each message is held now, by the ack id that it was first pulled with. */
  const held = new Map<string, string>();
  const first = new Map<string, string>();
  const hold = async (some: Iterable<string>, ackDeadlineSeconds: number): Promise<void> => {
    for (const ackIds of chunks([...some])) {
      await subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds });
    }
  };
  /** Whether it is read for the first time. A message whose lease could not be renewed comes again, under another ack id. */
  const take = ({ id, ackId }: HeldMessage): boolean => {
    const known = id === '' ? undefined : first.get(id);
    if (known === undefined) {
      first.set(id, ackId);
      held.set(ackId, ackId);
      return true;
    }
    if (held.has(known)) held.set(known, ackId);
    return false;
  };
  const closing = new AbortController();
  const renewing = renew(() => hold(held.values(), HOLD_SECONDS), clock, closing.signal);

  return {
    async *read() {
      for (let empty = 0; empty < EMPTY_ANSWERS;) {
        // A pull that waits may, once it is given up, still take messages away from the next reader.
        const [{ receivedMessages }] = await subscriber.pull(
          { subscription, maxMessages: AT_ONCE, returnImmediately: true },
          { timeout: PULL_TIMEOUT_MS },
        );
        const messages = (receivedMessages ?? []).flatMap(heldMessages);
        const unread = messages.filter(take);
        // The subscription's own deadline may end before the first renewal: Pub/Sub's default is 10 seconds.
        const ackIds = messages.map(({ ackId }) => ackId);
        await hold(ackIds, HOLD_SECONDS);
        empty = unread.length === 0 ? empty + 1 : 0;
        if (empty > 0) await clock.sleep(PAUSE_MS);
        else yield unread;
      }
    },
    ack: async (ackIds) => {
      for (const some of chunks(ackIds)) {
        const current = some.map((ackId) => held.get(ackId) ?? ackId);
        await subscriber.acknowledge({ subscription, ackIds: current });
        for (const ackId of some) held.delete(ackId);
      }
    },
    async close() {
      closing.abort();
      await renewing;
      try {
        await hold(held.values(), 0);
      } finally {
        await subscriber.close();
      }
    },
  };
}

/** Renews until it is aborted. After a renewal that fails, others may read the messages, and so may this reader. */
async function renew(
  hold: () => Promise<void>,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock
      .sleep(RENEW_MS, signal)
      .then(hold)
      .catch(() => undefined);
  }
}

/** What Pub/Sub answers: any field may be missing, as protobuf leaves out what is empty. */
export interface PulledMessage {
  readonly ackId?: string | null;
  readonly message?: {
    readonly messageId?: string | null;
    readonly data?: Uint8Array | string | null;
    readonly attributes?: Record<string, string> | null;
    readonly publishTime?: Timestamp;
  } | null;
}

function heldMessages({ ackId, message }: PulledMessage): HeldMessage[] {
  if (typeof ackId !== 'string') return [];
  return [
    {
      ackId,
      id: message?.messageId ?? '',
      data: Buffer.from(message?.data ?? ''),
      attributes: message?.attributes ?? {},
      publishTime: timeOf(message?.publishTime),
    },
  ];
}

function chunks(ids: readonly string[]): string[][] {
  const count = Math.ceil(ids.length / AT_ONCE);
  return Array.from({ length: count }, (_, at) => ids.slice(at * AT_ONCE, (at + 1) * AT_ONCE));
}

type Timestamp = { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined;

function timeOf(time: Timestamp): Date {
  return new Date(Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6));
}
