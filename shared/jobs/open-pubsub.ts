import type { PubSub } from '@google-cloud/pubsub';

/**
 * Opens Google's Pub/Sub client for a project, or for the emulator that PUBSUB_EMULATOR_HOST names. It loads the client
 * and gRPC here, so that a push that matches no rule does not pay for them.
 * `clientOptions` are added to the options of the client and of the clients that it opens.
 * @throws {Error} if there are no credentials. The client itself would fail at its first call, with an additional
 * rejection that no caller can catch.
 */
export async function openPubSub(projectId: string, clientOptions: object = {}): Promise<PubSub> {
  const { PubSub } = await import('@google-cloud/pubsub');
  const pubsub = new PubSub({ ...clientOptions, projectId });
  if (!pubsub.isEmulator) await pubsub.auth.getClient();
  return pubsub;
}
