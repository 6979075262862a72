import { notFound } from '../api-error';
import type { Kind } from '../kinds';
import { agentOf, mustUseKey } from '../policies';
import { isObject, text } from '../schema';
import { projectIn, type World } from '../world';
import type { Json } from '../discovery';

export function mustBeTopic({ resources }: World, topic: Json | undefined): void {
  if (!resources.has(`//pubsub.googleapis.com/${text(topic)}`)) throw notFound(text(topic));
}

export const pubsub: Readonly<Record<string, Kind>> = {
  'pubsub.projects.topics': {
    check: ({ kmsKeyName }, world, name) =>
      mustUseKey(world, kmsKeyName, agentOf(projectIn(name)!, 'gcp-sa-pubsub')),
  },
  'pubsub.projects.subscriptions': {
    check: ({ topic, deadLetterPolicy }, world) => {
      mustBeTopic(world, topic);
      if (isObject(deadLetterPolicy)) mustBeTopic(world, deadLetterPolicy['deadLetterTopic']);
    },
    // What Google's own defaults are.
    fill: (subscription) => ({
      state: 'ACTIVE',
      ackDeadlineSeconds: subscription['ackDeadlineSeconds'] ?? 10,
      messageRetentionDuration: subscription['messageRetentionDuration'] ?? '604800s',
      expirationPolicy: subscription['expirationPolicy'] ?? { ttl: '2678400s' },
      pushConfig: subscription['pushConfig'] ?? {},
    }),
  },
  'cloudscheduler.projects.locations.jobs': {
    check: ({ pubsubTarget }, world) => {
      if (isObject(pubsubTarget)) mustBeTopic(world, pubsubTarget['topicName']);
    },
    fill: (job) => ({
      state: 'ENABLED',
      attemptDeadline: job['attemptDeadline'] ?? '180s',
      retryConfig: {
        maxRetryDuration: '0s',
        minBackoffDuration: '5s',
        maxBackoffDuration: '3600s',
        maxDoublings: 5,
        ...(isObject(job['retryConfig']) && job['retryConfig']),
      },
    }),
  },
};
