import { InvalidMessageError, type PubSubMessage } from '../../events/envelope';
import type { CopyJob } from '../../jobs/copy-job';
import { deletedAtSource, jobsFor, needsNoCopy, NO_RULE, type EventKind } from '../../jobs/events';
import { matchRelease } from '../../rules/match';
import type { Rules } from '../../rules/rules';
import {
  type ObjectReference,
  isBucketName,
  isGeneration,
  objectNameProblem,
  formatObjectReference,
  isTemporaryObject,
} from './reference';

/** A new object, or a new generation of one. */
export const OBJECT_FINALIZE = 'OBJECT_FINALIZE';
/** A change that makes no generation: of metadata, content type and the like. */
export const OBJECT_METADATA_UPDATE = 'OBJECT_METADATA_UPDATE';
/** The events that a source's bucket has to send. */
export const EVENT_TYPES: readonly string[] = [OBJECT_FINALIZE, OBJECT_METADATA_UPDATE];

/** A notification of a bucket: an object, or a new generation of it, is there, or has gone. */
interface ObjectChange extends ObjectReference {
  /** `OBJECT_FINALIZE` is a new object, `OBJECT_METADATA_UPDATE` one whose metadata has changed; any other is ignored. */
  readonly type: string;
}

/** True for a notification of Cloud Storage, whatever is wrong with it. */
function isObjectChange(attributes: PubSubMessage['attributes']): boolean {
  return 'eventType' in attributes && 'bucketId' in attributes;
}

/**
 * Reads a notification of a bucket (https://cloud.google.com/storage/docs/pubsub-notifications): all that matters is in its
 * attributes, so its payload may be JSON_API_V1 or NONE.
 *
 * @throws {InvalidMessageError} when they name no object.
 */
function parseObjectChange({ attributes }: PubSubMessage): ObjectChange {
  const fail = (problem: string): never => {
    throw new InvalidMessageError(`Not a notification of a bucket: ${problem}`);
  };
  const { eventType = '', bucketId = '', objectId = '', objectGeneration = '' } = attributes;
  if (eventType === '' || eventType.length > 64) return fail('"eventType" names no event');
  if (!isBucketName(bucketId)) return fail('"bucketId" is not the name of a bucket');
  const problem = objectNameProblem(objectId);
  if (problem !== undefined) return fail(`"objectId": ${problem}`);
  if (!isGeneration(objectGeneration)) return fail('"objectGeneration" is not a generation');
  return { type: eventType, bucket: bucketId, name: objectId, generation: objectGeneration };
}

/** What a bucket publishes of objects. */
export const objectEvents: EventKind = {
  recognizes: { attributes: isObjectChange },
  parse(message) {
    const change = parseObjectChange(message);
    const about = formatObjectReference(change);
    return {
      kind: 'object',
      about,
      whyIgnored: whyIgnored(change, about),
      plan: (rules) => Promise.resolve(planChange(rules, change)),
    };
  },
};

function whyIgnored({ type, name }: ObjectChange, about: string): string | undefined {
  if (isTemporaryObject(name)) return `${about} is a part of an upload that is under way`;
  if (type === 'OBJECT_DELETE') return deletedAtSource(about);
  return EVENT_TYPES.includes(type) ? undefined : needsNoCopy(about, type);
}

function planChange(rules: Rules, change: ObjectChange): CopyJob[] | string {
  const { bucket, name, generation = '', type } = change;
  const object = { kind: 'object', bucket, name, generation } as const;
  const jobs = jobsFor(object, matchRelease(rules, object));
  // The target may have this generation with its earlier metadata: both ends are to be compared.
  const repair = type === OBJECT_METADATA_UPDATE;
  return jobs.length === 0 ? NO_RULE : jobs.map((job) => ({ ...job, repair }));
}
