import { PubSub } from '@google-cloud/pubsub';
import { type Broker, type BrokerOptions, createBroker } from '../broker/broker';
import type { PubsubResources } from '../subscriptions';

/** The stack's Pub/Sub: embedded, or Google's emulator. */
export interface LocalPubsub {
  /** `host:port`, the value of PUBSUB_EMULATOR_HOST. */
  readonly address: string;
  /** Absent where Google's emulator is used. */
  readonly broker?: Broker;
  /** Makes topics and subscriptions; a subscription of an earlier run is made anew, without its messages. */
  setUp(resources: PubsubResources): Promise<void>;
  publish(topic: string, data: Buffer): Promise<void>;
  /** Deletes the subscriptions, so that an emulator stops pushing. */
  close(): Promise<void>;
}

/** One call: an emulator that is not there must be noticed soon. */
const CALL = { timeout: 10_000 };
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;

/** @throws {Error} from `setUp`, if nothing answers at the emulator's address */
export async function openPubsub(
  project: string,
  emulator: string | undefined,
  brokerOptions: BrokerOptions,
): Promise<LocalPubsub> {
  // Or the client looks for a metadata server, which is not here, and warns.
  process.env['METADATA_SERVER_DETECTION'] ??= 'none';
  const broker = emulator === undefined ? await createBroker(brokerOptions) : undefined;
  const address = broker?.address ?? emulator ?? '';
  const client = new PubSub({ projectId: project, apiEndpoint: address, emulatorMode: true });
  const made: string[] = [];

  return {
    address,
    ...(broker && { broker }),
    async setUp({ topics, subscriptions }) {
      for (const topic of topics) {
        await client
          .createTopic(topic, CALL)
          .catch(unless(ALREADY_EXISTS))
          .catch((error: unknown) => {
            throw new Error(`Pub/Sub at ${address} did not make ${topic}: ${String(error)}`, {
              cause: error,
            });
          });
      }
      for (const { name, topic, ...settings } of subscriptions) {
        await client.subscription(name).delete(CALL).catch(unless(NOT_FOUND));
        await client.createSubscription(topic, name, { ...settings, gaxOpts: CALL });
        made.push(name);
      }
    },
    async publish(topic, data) {
      await client.topic(topic, { gaxOpts: CALL }).publishMessage({ data });
    },
    async close() {
      for (const name of made)
        await client.subscription(name).delete(CALL).catch(unless(NOT_FOUND));
      await client.close();
      await broker?.close();
    },
  };
}

function unless(expected: number): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Error && 'code' in error && error.code === expected)) throw error;
  };
}
