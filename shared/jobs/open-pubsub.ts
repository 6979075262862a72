import type { PubSub } from '@google-cloud/pubsub';

/**
 * Google's client for the topics of a project, or one of the emulator that PUBSUB_EMULATOR_HOST names. It and gRPC are
 * loaded here: a push that no rule wants must not pay for them.
 *
 * `clientOptions` are added to those of the client and of all that it opens.
 *
 * @throws {Error} when no credentials are to be had: the client would find out with its first call, and fail then, beside
 * the call, with a rejection that nobody can catch.
 */
export async function openPubSub(projectId: string, clientOptions: object = {}): Promise<PubSub> {
  const { PubSub } = await import('@google-cloud/pubsub');
  const pubsub = new PubSub({ ...clientOptions, projectId });
  if (!pubsub.isEmulator) await pubsub.auth.getClient();
  return pubsub;
}
