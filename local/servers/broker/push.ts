import { type Dispatcher, request } from 'undici';
import type { Ending } from './leases';
import { toPushBody } from './message';
import { createPushPace } from './push-pace';
import { createPushWindow } from './push-window';
import type { Subscription } from './subscription';
import type { TimeScale } from './time';

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
