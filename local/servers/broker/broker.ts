import { Server, ServerCredentials } from '@grpc/grpc-js';
import { Agent } from 'undici';
import { type BrokerFaults, createArrivals, createPublishEnds } from './faults';
import {
  loadPubsubServices,
  type PubsubMessage,
  REAL_TIME,
  type SubscriptionResource,
  type TimeScale,
} from './grpc';
import { MESSAGE_LIMITS, readMessages } from './message';
import { createPublisherService, createSubscriberService } from './services';
import { createStore } from './store';
import type { Counters } from './subscription';

export interface BrokerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: real time. */
  readonly timeScale?: Partial<TimeScale>;
  readonly faults?: BrokerFaults;
  /** Most pushes of one subscription on their way at once; default 3,000, as documented for one region. */
  readonly largestPushWindow?: number;
}

/** A running Pub/Sub of one's own, in this process. */
export interface Broker {
  /** `host:port`, the value of `PUBSUB_EMULATOR_HOST`. */
  readonly address: string;
  /** Makes a topic without a client. @throws {StatusError} */
  createTopic(name: string): void;
  /** Makes a subscription without a client. @throws {StatusError} */
  createSubscription(resource: SubscriptionResource): void;
  /** Publishes without a client and returns the message id. @throws {StatusError} */
  publish(topic: string, message: PubsubMessage): string;
  /** Of one subscription, or of the whole broker. @throws {StatusError} NOT_FOUND */
  counters(subscription?: string): Counters;
  /** Resolves once no push subscription has a message to deliver; what waits to be pulled does not count. */
  whenQuiet(): Promise<void>;
  /** Stops at once: deliveries in flight are cut, messages forgotten. */
  close(): Promise<void>;
}

/**
 * Starts a broker that serves Google's Pub/Sub clients over gRPC and pushes as Pub/Sub does: at least once, many at
 * a time, with back-off for each message, with the slowing-down of a subscription whose endpoint refuses often, and
 * with dead letters and filters. Everything is in memory. Left out, and refused when asked for: ordering, exactly-once,
 * snapshots, schemas, transforms, exports, OIDC tokens.
 *
 * @throws {Error} naming the address, if it cannot be listened on
 */
export async function createBroker(options: BrokerOptions = {}): Promise<Broker> {
  const { host = '127.0.0.1', port = 0, largestPushWindow = 3000 } = options;
  const timeScale = { ...REAL_TIME, ...options.timeScale };
  // The ack deadline alone limits how long an endpoint may take.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const store = createStore({
    dispatcher,
    timeScale,
    planArrivals: createArrivals(options.faults),
    largestWindow: largestPushWindow,
  });
  // Above Pub/Sub's limit, so that its own check refuses a large request, with its own words.
  const server = new Server({ 'grpc.max_receive_message_length': 2 * MESSAGE_LIMITS.bytes });
  const services = loadPubsubServices();
  server.addService(
    services.publisher,
    createPublisherService(store, createPublishEnds(options.faults)),
  );
  server.addService(services.subscriber, createSubscriberService(store, timeScale));
  const boundPort = await listen(server, `${host}:${port}`);

  return {
    address: `${host}:${boundPort}`,
    createTopic: (name) => void store.topics.create({ name }),
    createSubscription: (resource) => void store.createSubscription(resource),
    publish: (topic, message) => store.publish(topic, readMessages([message])).join(),
    counters: (name) => (name === undefined ? store : store.subscription(name)).counters(),
    whenQuiet() {
      return new Promise((resolve) => {
        const check = () => {
          if (!isQuiet()) return;
          forget();
          resolve();
        };
        const forget = store.onChange(check);
        check();
      });
    },
    async close() {
      store.close();
      server.forceShutdown();
      await dispatcher.destroy();
    },
  };

  function isQuiet(): boolean {
    return store
      .subscriptions()
      .filter((subscription) => subscription.policy().endpoint !== undefined)
      .every((subscription) => subscription.counters().outstanding === 0);
  }
}

function listen(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else
        reject(
          new Error(`The broker cannot listen on ${address}: ${error.message}`, { cause: error }),
        );
    });
  });
}
