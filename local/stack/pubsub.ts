import { once } from 'node:events';
import { connect } from 'node:net';
import { PubSub } from '@google-cloud/pubsub';
import { type Broker, type BrokerOptions, createBroker } from '../servers/broker/broker';
import type { PubsubResources } from '../subscriptions';

/** The stack's Pub/Sub: embedded, or Google's emulator. */
export interface LocalPubsub {
  /** `host:port`, the value of PUBSUB_EMULATOR_HOST. */
  readonly address: string;
  /** Absent where Google's emulator is used. */
  readonly broker?: Broker;
  /** Creates topics and subscriptions. A subscription of an earlier run is replaced, without its messages. */
  setUp(resources: PubsubResources): Promise<void>;
  publish(
    topic: string,
    data: Buffer,
    attributes?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Deletes the subscriptions, so that an emulator stops pushing. */
  close(): Promise<void>;
}

const CALL = { timeout: 10_000 };
/** Google's emulator keeps messages for seven days at most, Pub/Sub for 31. */
const EMULATOR_RETENTION_SECONDS = 7 * 24 * 3600;
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;

/** @throws {Error} if nothing answers at the emulator's address */
export async function openPubsub(
  project: string,
  emulator: string | undefined,
  brokerOptions: BrokerOptions,
): Promise<LocalPubsub> {
  // Or the client looks for a metadata server, which is not here, and warns.
  process.env['METADATA_SERVER_DETECTION'] ??= 'none';
  const broker = emulator === undefined ? await createBroker(brokerOptions) : undefined;
  const address = broker?.address ?? emulator ?? '';
  await requireAnswer(address);
  const client = new PubSub({ projectId: project, apiEndpoint: address, emulatorMode: true });
  const made: string[] = [];

  return {
    address,
    broker,
    async setUp({ topics, subscriptions }) {
      for (const topic of topics) {
        await client.createTopic(topic, CALL).catch(unless(ALREADY_EXISTS));
      }
      for (const { name, topic, messageRetentionDuration, ...settings } of subscriptions) {
        const { seconds } = messageRetentionDuration;
        const retention = broker ? seconds : Math.min(seconds, EMULATOR_RETENTION_SECONDS);
        await client.subscription(name).delete(CALL).catch(unless(NOT_FOUND));
        await client.createSubscription(topic, name, {
          ...settings,
          messageRetentionDuration: { seconds: retention },
          gaxOpts: CALL,
        });
        made.push(name);
      }
    },
    async publish(topic, data, attributes = {}) {
      const message = { data, attributes: { ...attributes } };
      await client.topic(topic, { gaxOpts: CALL }).publishMessage(message);
    },
    async close() {
      for (const name of made)
        await client.subscription(name).delete(CALL).catch(unless(NOT_FOUND));
      await client.close();
      await broker?.close();
    },
  };
}

/** The client would try for long, and say so at length. */
async function requireAnswer(address: string): Promise<void> {
  const socket = connect(Number(address.split(':').pop()), address.split(':')[0]);
  try {
    await once(socket, 'connect');
  } catch (cause) {
    throw new Error(`Nothing answers at PUBSUB_EMULATOR_HOST=${address}: ${String(cause)}`, {
      cause,
    });
  } finally {
    socket.destroy();
  }
}

function unless(expected: number): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Error && 'code' in error && error.code === expected)) throw error;
  };
}
