import { type Dispatcher, request } from 'undici';
import type { TimeScale } from './grpc';
import { toPushBody } from './message';
import type { Ending } from './queue';
import type { Subscription } from './subscription';

export interface PushOptions {
  readonly subscription: Subscription;
  readonly dispatcher: Dispatcher;
  readonly largestWindow: number;
  readonly timeScale: TimeScale;
}

/** The statuses that acknowledge (https://docs.cloud.google.com/pubsub/docs/push#receive_push); 102 comes as an interim answer. */
const ACK = new Set([102, 200, 201, 202, 204]);

/**
 * Pushes a subscription's messages to its endpoint while it has one. No OIDC token is sent, since nothing here could
 * sign it. Returns a function that stops it and aborts deliveries in flight.
 */
export function startPushing(options: PushOptions): () => void {
  const { subscription, largestWindow, timeScale } = options;
  const window = createPushWindow(largestWindow);
  const pace = createPushPace();
  const stopped = new AbortController();
  let inFlight = 0;
  let lastBegun = 0;
  let wakeUp: NodeJS.Timeout | undefined;

  const waitForPace = (): boolean => {
    const delay = pace.delay();
    if (delay === 0) return false;
    const left = lastBegun + delay / timeScale.waits - performance.now();
    if (left <= 0) return false;
    clearTimeout(wakeUp);
    wakeUp = setTimeout(pump, left).unref();
    return true;
  };
  const begin = (endpoint: string): boolean => {
    const answered = new AbortController();
    const onEnd = (ending: Ending) => {
      inFlight--;
      window.report(ending === 'acked');
      pace.report(ending === 'acked');
      // A deadline that has passed: Pub/Sub no longer listens to this answer.
      answered.abort();
    };
    const lease = subscription.lease({ onEnd });
    if (lease === undefined) return false;
    inFlight++;
    lastBegun = performance.now();
    const body = toPushBody(
      lease.entry.message,
      subscription.name,
      subscription.deliveryAttempt(lease),
    );
    const signal = AbortSignal.any([answered.signal, stopped.signal]);
    void post(endpoint, body, options.dispatcher, signal).then((acked) =>
      subscription.settle(lease.ackId, acked ? 'acked' : 'nacked'),
    );
    return true;
  };
  const pump = (): void => {
    const { endpoint } = subscription.policy();
    if (endpoint === undefined) return;
    let begun = true;
    while (begun && inFlight < window.size() && !waitForPace()) begun = begin(endpoint);
  };

  const forget = subscription.onChange(pump);
  return () => {
    forget();
    clearTimeout(wakeUp);
    stopped.abort();
  };
}

/** True if the endpoint acknowledged; a connection that fails did not. */
async function post(
  endpoint: string,
  body: string,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<boolean> {
  let acked = false;
  try {
    const answer = await request(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'registry-relay-local-broker' },
      body,
      dispatcher,
      signal,
      onInfo: ({ statusCode }) => (acked ||= ACK.has(statusCode)),
    });
    acked ||= ACK.has(answer.statusCode);
    await answer.body.dump();
    return acked;
  } catch {
    return acked;
  }
}

/**
 * How many pushes may be on their way at once: few at first, one more for each success (which doubles the window
 * in each round of answers), half as many after a failure, as Pub/Sub's slow start
 * (https://docs.cloud.google.com/pubsub/docs/push#push_flow_control).
 */
export interface PushWindow {
  report(acked: boolean): void;
  size(): number;
}

const FIRST = 5;

export function createPushWindow(largest: number): PushWindow {
  let size = Math.min(FIRST, largest);
  return {
    report(acked) {
      size = acked ? Math.min(largest, size + 1) : Math.max(1, Math.floor(size / 2));
    },
    size: () => size,
  };
}

/**
 * How Pub/Sub slows a whole push subscription down whose endpoint refuses often: deliveries that "range between
 * 100 milliseconds to 60 seconds" apart, "based on the number of negative acknowledgments"
 * (https://docs.cloud.google.com/pubsub/docs/push#push_backoff). Google documents two points and no formula: one
 * refusal in five gives about 500 ms, refusals alone give 30 to 60 s. This curve goes through both:
 *
 *     delay = 100 ms x 600^share
 *
 * where `share` is the share of refusals among the last deliveries, each weighing a tenth less than the next. A
 * subscription that refuses seldom is not slowed.
 */
export interface PushPace {
  /** Reports how a delivery ended. */
  report(acked: boolean): void;
  /** Milliseconds between two deliveries, as things stand; 0: as fast as the window allows. */
  delay(): number;
}

const FASTEST = 100;
const SLOWEST = 60_000;
const WEIGHT = 0.1;
const SELDOM = 0.05;

export function createPushPace(): PushPace {
  let share = 0;
  return {
    report(acked) {
      share += WEIGHT * ((acked ? 0 : 1) - share);
    },
    delay: () => (share < SELDOM ? 0 : FASTEST * (SLOWEST / FASTEST) ** share),
  };
}
