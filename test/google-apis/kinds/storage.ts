import { createHash } from 'node:crypto';
import { denied, invalid, notFound } from '../api-error';
import type { JsonObject } from '../discovery';
import type { Kind } from '../kinds';
import { agentOf, mustHave, mustUseKey } from '../policies';
import { isObject, text } from '../schema';
import type { World } from '../world';
import { mustBeTopic } from './pubsub';

const STORAGE = '//storage.googleapis.com/';
const TOPIC = '//pubsub.googleapis.com/';
// https://cloud.google.com/storage/docs/pubsub-notifications
const MOST_NOTIFICATIONS = 100;
const MOST_OF_ONE_EVENT = 10;

export const storage: Readonly<Record<string, Kind>> = {
  'storage.buckets': {
    check: ({ encryption, project }, world) => {
      const key = isObject(encryption) ? encryption['defaultKmsKeyName'] : undefined;
      const agent = agentOf(text(project), 'gs-project-accounts');
      mustUseKey(world, key, agent);
    },
    fill: (bucket, name, { query }) => ({
      ...common(name, 'storage#bucket'),
      // The API has no such field; kept to know whose it is.
      project: bucket['project'] ?? query.get('project') ?? '',
      location: text(bucket['location'] ?? 'US').toUpperCase(),
      locationType: 'region',
      storageClass: bucket['storageClass'] ?? 'STANDARD',
      softDeletePolicy: bucket['softDeletePolicy'] ?? {
        retentionDurationSeconds: '604800',
        effectiveTime: '2026-01-01T00:00:00Z',
      },
      rpo: 'DEFAULT',
    }),
    deleted: (_bucket, world, name) => {
      if ([...world.resources.keys()].some((other) => other.startsWith(`${name}/o/`))) {
        throw denied(`The bucket ${name} is not empty.`);
      }
    },
  },
  'storage.objects': {
    newId: (object, { query }) => encodeURIComponent(query.get('name') ?? text(object['name'])),
    check: (_object, world, name) => mustBeBucket(world, name),
    // The API has no such field; kept as a bucket with versions keeps them.
    replace: ({ generation, former }) => ({
      former: [...(Array.isArray(former) ? former : []), text(generation)],
    }),
    fill: (object, name, { media, serial }) => ({
      ...common(name, 'storage#object'),
      bucket: bucketIn(name),
      generation: String(1_700_000_000_000_000 + serial),
      storageClass: 'STANDARD',
      contentType: object['contentType'] ?? 'application/octet-stream',
      ...(media && {
        size: String(media.length),
        md5Hash: createHash('md5').update(media).digest('base64'),
        crc32c: 'AAAAAA==',
      }),
    }),
  },
  'storage.managedFolders': {
    newId: (folder) => encodeURIComponent(text(folder['name'])),
    check: (_folder, world, name) => mustBeBucket(world, name),
    fill: (_folder, name) => ({ ...common(name, 'storage#managedFolder'), bucket: bucketIn(name) }),
  },
  'storage.notifications': {
    // A number, which is the same for the same: worlds can be compared.
    newId: (notification) =>
      String(createHash('md5').update(JSON.stringify(notification)).digest().readUInt16BE()),
    check: checkNotification,
    fill: (_notification, name) => common(name, 'storage#notification'),
  },
};

function common(name: string, kind: string): JsonObject {
  const path = name.replace(STORAGE, '');
  return {
    kind,
    id: path.split('/').at(-1)!,
    name: decodeURIComponent(path.split('/').at(-1)!),
    selfLink: `https://www.googleapis.com/storage/v1/${path}`,
    metageneration: '1',
    timeCreated: '2026-01-01T00:00:00Z',
    updated: '2026-01-01T00:00:00Z',
  };
}

function bucketIn(name: string): string {
  return /\/b\/([^/]+)/.exec(name)![1]!;
}

function mustBeBucket({ resources }: World, name: string): JsonObject {
  const bucket = resources.get(`${STORAGE}b/${bucketIn(name)}`);
  if (bucket === undefined) throw notFound(bucketIn(name));
  return bucket;
}

function checkNotification(notification: JsonObject, world: World, name: string): void {
  const { project } = mustBeBucket(world, name);
  const topic = text(notification['topic']).replace(TOPIC, '');
  mustBeTopic(world, topic);
  const agent = agentOf(text(project), 'gs-project-accounts');
  mustHave(world, agent, 'roles/pubsub.publisher', [`${TOPIC}${topic}`]);
  const others = [...world.resources].filter(([other]) =>
    other.startsWith(name.replace(/[^/]+$/, '')),
  );
  const alike = others.filter(([, other]) => {
    return JSON.stringify(other['event_types']) === JSON.stringify(notification['event_types']);
  });
  if (others.length >= MOST_NOTIFICATIONS || alike.length >= MOST_OF_ONE_EVENT) {
    throw invalid(`The bucket ${bucketIn(name)} has too many notifications.`);
  }
}
