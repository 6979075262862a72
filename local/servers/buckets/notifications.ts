import { resourceOf } from './resource';
import type { Change } from './store';

/** A message as Cloud Storage publishes it (https://cloud.google.com/storage/docs/pubsub-notifications). */
export interface BucketNotification {
  readonly attributes: Readonly<Record<string, string>>;
  /** The object's resource: payload format JSON_API_V1. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** A notification as the API returns it (https://cloud.google.com/storage/docs/json_api/v1/notifications). */
export function notificationConfig(topic: string): object {
  return {
    kind: 'storage#notification',
    id: '1',
    topic: `//pubsub.googleapis.com/${topic}`,
    event_types: ['OBJECT_FINALIZE', 'OBJECT_METADATA_UPDATE'],
    payload_format: 'JSON_API_V1',
  };
}

/** What is published for a change of an object in a bucket that has a notification for it. */
export function notificationOf(change: Change, origin: string, time: Date): BucketNotification {
  const { type, object } = change;
  const { bucket, name, generation } = object;
  return {
    attributes: {
      notificationConfig: `projects/_/buckets/${bucket}/notificationConfigs/1`,
      eventType: type,
      payloadFormat: 'JSON_API_V1',
      bucketId: bucket,
      objectId: name,
      objectGeneration: generation,
      eventTime: time.toISOString(),
      ...('overwrote' in change && { overwroteGeneration: change.overwrote }),
      ...('overwrittenBy' in change && { overwrittenByGeneration: change.overwrittenBy }),
    },
    data: resourceOf(object, origin),
  };
}
