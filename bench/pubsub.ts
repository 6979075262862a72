import { PubSub } from '@google-cloud/pubsub';
import { createBroker } from '../local/servers/broker/broker';
import { startPubSubEmulator } from '../test/interop/servers';
import { findTool } from '../test/interop/tools';

/** Something that takes publishes, with the topics of the benchmark's project. */
export interface PubSubServer {
  /** Which one, for the report. */
  readonly name: string;
  /** What functions need to reach it. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export const TOPICS = {
  gcr: 'projects/bench/topics/gcr',
  copyJobs: 'projects/bench/topics/copy-jobs',
  copyRetries: 'projects/bench/topics/copy-retries',
  planRetries: 'projects/bench/topics/plan-retries',
  deadLetters: 'projects/bench/topics/dead-letters',
} as const;

/** Google's emulator where the machine has it, else the embedded broker. */
export async function startPubSub(): Promise<PubSubServer> {
  if (findTool('java') === undefined || findTool('pubsub-emulator') === undefined) {
    const broker = await createBroker();
    for (const topic of Object.values(TOPICS)) broker.createTopic(topic);
    return {
      name: 'the embedded broker',
      env: environment(broker.address),
      stop: () => broker.close(),
    };
  }
  const emulator = await startPubSubEmulator();
  const client = new PubSub({
    projectId: 'bench',
    apiEndpoint: emulator.address,
    emulatorMode: true,
  });
  for (const topic of Object.values(TOPICS)) await client.createTopic(topic);
  await client.close();
  return {
    name: "Google's Pub/Sub emulator",
    env: environment(emulator.address),
    stop: () => emulator.stop(),
  };
}

function environment(address: string) {
  return {
    PUBSUB_EMULATOR_HOST: address,
    COPY_JOBS_TOPIC: TOPICS.copyJobs,
    COPY_RETRIES_TOPIC: TOPICS.copyRetries,
    PLAN_RETRIES_TOPIC: TOPICS.planRetries,
    DEAD_LETTER_TOPIC: TOPICS.deadLetters,
    // Otherwise Google's libraries look for a metadata server, which is not here.
    METADATA_SERVER_DETECTION: 'none',
  };
}
