import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Stack } from './stack/stack';

/**
 * Leaves word of a running stack for the command line's `--local`, in a file of its own in `.local/stacks` below `root`:
 * which process it is, and the environment that leads to it. The returned function takes it away.
 */
export async function writeStackFile(
  stack: Pick<
    Stack,
    | 'project'
    | 'pubsubAddress'
    | 'artifactRegistryAddress'
    | 'loggingAddress'
    | 'rulesFile'
    | 'signing'
  > & {
    readonly storage: Pick<Stack['storage'], 'origin'>;
  },
  root: string,
): Promise<() => Promise<void>> {
  const file = join(root, '.local', 'stacks', `${randomUUID()}.json`);
  const { project, pubsubAddress, artifactRegistryAddress, storage, rulesFile, signing } = stack;
  const { loggingAddress } = stack;
  const text = JSON.stringify({
    pid: process.pid,
    environment: {
      PUBSUB_EMULATOR_HOST: pubsubAddress,
      ARTIFACT_REGISTRY_EMULATOR_HOST: artifactRegistryAddress,
      STORAGE_EMULATOR_HOST: storage.origin,
      LOGGING_EMULATOR_HOST: loggingAddress,
      GOOGLE_CLOUD_PROJECT: project,
      COPY_JOBS_TOPIC: `projects/${project}/topics/copy-jobs`,
      DEAD_LETTER_SUBSCRIPTION: `projects/${project}/subscriptions/dead-letters`,
      RULES_FILE: rulesFile,
      SIGNING_KEY: signing.keyFile,
      METADATA_SERVER_DETECTION: 'none',
    },
  });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return () => rm(file, { force: true });
}
