import type { PubSubMessage } from '../events/envelope';
import type { ClientOptions } from '../google/observed-calls';
import type { Clock } from '../system/clock';
import { openPubSub } from '../jobs/publisher';

/** Reads a pull subscription. Pulled messages are hidden from other subscribers until the reader is closed. */
export interface SubscriptionReader {
  /** Reads all messages, some at a time, each once. Messages leased by another subscriber are not among them. */
  read(): AsyncGenerator<readonly HeldMessage[], void>;
  /** Deletes messages. */
  readonly ack: (ackIds: readonly string[]) => Promise<void>;
  /** Returns messages that were pulled and not acked. */
  close(): Promise<void>;
}

export interface HeldMessage extends PubSubMessage {
  readonly ackId: string;
}

/**
 * Pub/Sub may answer an immediate pull with nothing although messages wait. After this many empty responses in a row
 * there are none.
 */
const EMPTY_ANSWERS = 3;
const PAUSE_MS = 200;
/** Limit on IDs in one request. */
const AT_ONCE = 1000;
/** A person waits at a terminal for the response. */
const PULL_TIMEOUT_MS = 15_000;
const HOLD_SECONDS = 60;
const RENEW_MS = 20_000;

/** Opens a subscription named in full, on Google's client or on the emulator that PUBSUB_EMULATOR_HOST names. */
export async function openSubscriptionReader(
  subscription: string,
  clock: Pick<Clock, 'sleep'>,
  clientOptions: ClientOptions = {},
): Promise<SubscriptionReader> {
  const pubsub = await openPubSub(subscription.split('/')[1] ?? '', clientOptions);
  const { v1 } = await import('@google-cloud/pubsub');
  type Options = ConstructorParameters<typeof v1.SubscriberClient>[0];
  const client = new v1.SubscriberClient((await pubsub.getClientConfig()) as Options);
  const close = async () => {
    await client.close();
    await pubsub.close();
  };
  return createSubscriptionReader(subscription, {
    clock,
    subscriber: {
      pull: (request, options) => client.pull(request, options),
      modifyAckDeadline: (request) => client.modifyAckDeadline(request),
      acknowledge: (request) => client.acknowledge(request),
      close,
    },
  });
}

/** The part of Google's client that the reader uses. */
export interface Subscriber {
  pull(
    request: { subscription: string; maxMessages: number; returnImmediately: boolean },
    options: { timeout: number },
  ): Promise<[{ readonly receivedMessages?: readonly PulledMessage[] | null }, ...unknown[]]>;
  modifyAckDeadline(request: {
    subscription: string;
    ackIds: string[];
    ackDeadlineSeconds: number;
  }): Promise<unknown>;
  acknowledge(request: { subscription: string; ackIds: string[] }): Promise<unknown>;
  close(): Promise<void>;
}

/** Creates a reader of a subscription named in full. Closing it closes the subscriber. */
export function createSubscriptionReader(
  subscription: string,
  { subscriber, clock }: { subscriber: Subscriber; clock: Pick<Clock, 'sleep'> },
): SubscriptionReader {
  /** The current acknowledgment ID of each message, by the ID of its first pull. */
  const held = new Map<string, string>();
  const first = new Map<string, string>();
  const hold = async (some: Iterable<string>, ackDeadlineSeconds: number): Promise<void> => {
    for (const ackIds of chunks([...some])) {
      await subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds });
    }
  };
  /**
   * Returns true at the first read. A message whose lease could not be renewed comes again, under another
   * acknowledgment ID.
   */
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
        // An abandoned pull may still take messages away from the next reader.
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

/** Renews until aborted. After a failed renewal other subscribers may read the messages, and so may this reader. */
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

/** A response of Pub/Sub. Any field may be missing, because protobuf leaves out empty fields. */
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
