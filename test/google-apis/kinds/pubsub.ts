import { notFound } from '../api-error';
import type { Kind } from '../kinds';
import { agentOf, mustHave, mustUseKey } from '../policies';
import { isObject, text } from '../schema';
import { projectIn, type World } from '../world';
import type { Json } from '../discovery';

export function mustBeTopic({ resources }: World, topic: Json | undefined): void {
  if (!resources.has(`//pubsub.googleapis.com/${text(topic)}`)) throw notFound(text(topic));
}

/** A subscription writes to a table as Pub/Sub's agent of its project. */
function mustWrite(world: World, table: string, subscription: string): void {
  const [project, dataset, id] = table.split('.');
  const name = `//bigquery.googleapis.com/projects/${project!}/datasets/${dataset!}/tables/${id!}`;
  const agent = agentOf(projectIn(subscription)!, 'gcp-sa-pubsub');
  for (const role of ['roles/bigquery.dataEditor', 'roles/bigquery.metadataViewer']) {
    mustHave(world, agent, role, [name]);
  }
}

export const pubsub: Readonly<Record<string, Kind>> = {
  'pubsub.projects.topics': {
    check: ({ kmsKeyName }, world, name) =>
      mustUseKey(world, kmsKeyName, agentOf(projectIn(name)!, 'gcp-sa-pubsub')),
  },
  'pubsub.projects.subscriptions': {
    check: ({ topic, deadLetterPolicy, bigqueryConfig }, world, name) => {
      mustBeTopic(world, topic);
      if (isObject(bigqueryConfig)) mustWrite(world, text(bigqueryConfig['table']), name);
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
