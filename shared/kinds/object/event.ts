import { deletedAtSource, jobsFor, needsNoCopy, NO_RULE, type EventKind } from '../../jobs/events';
import type { CopyJob } from '../../jobs/copy-job';
import { matchRelease } from '../../rules/match';
import type { Rules } from '../../rules/rules';
import {
  OBJECT_METADATA_UPDATE,
  isObjectChange,
  parseObjectChange,
  EVENT_TYPES,
  type ObjectChange,
} from './object-change';
import { formatObjectReference } from './reference';
import { isTemporaryObject } from './temporary';

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
