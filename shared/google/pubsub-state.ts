import type { PubSub } from '@google-cloud/pubsub';
import { openPubSub } from '../jobs/publisher';
import { serviceFailure } from './service-failure';
import type { ClientOptions } from './observed-calls';

/** Settings of a subscription, as far as a deployment depends on them. Names are full: `projects/P/topics/T`. */
export interface SubscriptionState {
  /** `_deleted-topic_` once that is gone. */
  readonly topic: string;
  /** Absent for one that is pulled. */
  readonly pushEndpoint?: string;
  readonly deadLetterTopic?: string;
  readonly maxDeliveryAttempts?: number;
  readonly detached: boolean;
}

/** Who has a role on a topic or subscription. */
export interface Binding {
  /** `roles/pubsub.publisher` */
  readonly role: string;
  /** `serviceAccount:…` */
  readonly members: readonly string[];
}

/**
 * Reads how topics and subscriptions are set up; changes nothing. Names are full.
 *
 * All throw RegistryError with the HTTP status of the refusal (501: a Pub/Sub without IAM, such as an emulator), and
 * GoogleCredentialsError.
 */
export interface PubSubState {
  readTopic(name: string): Promise<void>;
  readSubscription(name: string): Promise<SubscriptionState>;
  /** The grants on this very topic or subscription; those on its project are not among them. */
  readPolicy(name: string): Promise<readonly Binding[]>;
  close(): Promise<void>;
}

const SERVICE = 'https://pubsub.googleapis.com/v1';
const OPTIONS = { timeout: 15_000 };

/** On Google's client, or on the emulator that PUBSUB_EMULATOR_HOST names; loaded at the first question. */
export function createPubSubState(clientOptions: ClientOptions = {}): PubSubState {
  const clients = new Map<string, Promise<PubSub>>();

  async function ask<T>(name: string, question: (pubsub: PubSub) => Promise<T>): Promise<T> {
    const projectId = name.split('/')[1] ?? '';
    const client = clients.get(projectId) ?? openPubSub(projectId, clientOptions);
    clients.set(projectId, client);
    try {
      return await question(await client);
    } catch (error) {
      throw serviceFailure(error, `${SERVICE}/${name}`, `to read ${name}`);
    }
  }

  return {
    readTopic: (name) =>
      ask(name, async (pubsub) => {
        await pubsub.topic(name).getMetadata(OPTIONS);
      }),
    readSubscription: (name) =>
      ask(name, async (pubsub) => {
        const [found] = await pubsub.subscription(name).getMetadata(OPTIONS);
        const { topic, pushConfig, deadLetterPolicy: policy, detached } = found;
        const endpoint = pushConfig?.pushEndpoint ?? '';
        return {
          topic: topic ?? '',
          detached: detached ?? false,
          ...(endpoint !== '' && { pushEndpoint: endpoint }),
          ...(typeof policy?.deadLetterTopic === 'string' && {
            deadLetterTopic: policy.deadLetterTopic,
          }),
          ...(typeof policy?.maxDeliveryAttempts === 'number' && {
            maxDeliveryAttempts: policy.maxDeliveryAttempts,
          }),
        };
      }),
    readPolicy: (name) =>
      ask(name, async (pubsub) => {
        const { iam } = name.includes('/topics/') ? pubsub.topic(name) : pubsub.subscription(name);
        const [policy] = await iam.getPolicy(OPTIONS);
        return (policy.bindings ?? []).map(({ role, members }) => ({
          role: role ?? '',
          members: members ?? [],
        }));
      }),
    async close() {
      for (const client of clients.values()) {
        // A client that never opened for lack of credentials has already reported that.
        await (await client.catch(() => undefined))?.close();
      }
    },
  };
}
