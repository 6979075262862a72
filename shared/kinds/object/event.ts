import { deletedAtSource, jobsFor, needsNoCopy, NO_RULE, type EventKind } from '../../jobs/events';
import { matchRelease } from '../../rules/match';
import {
  OBJECT_METADATA_UPDATE,
  isObjectChange,
  parseObjectChange,
  EVENT_TYPES,
  type ObjectChange,
} from './object-change';
import { formatObjectReference } from './reference';
import { isTemporaryObject } from './temporary';

declare module '../../jobs/events' {
  interface EventForms {
    readonly object: ObjectChange;
  }
}

/** What a bucket tells of objects. */
export const objectEvents: EventKind<'object'> = {
  recognizes: { attributes: isObjectChange },
  parse: parseObjectChange,
  describe: formatObjectReference,
  whyIgnored(change) {
    const about = formatObjectReference(change);
    const { type, name } = change;
    if (isTemporaryObject(name)) return `${about} is a part of an upload that is under way`;
    if (type === 'OBJECT_DELETE') return deletedAtSource(about);
    return EVENT_TYPES.includes(type) ? undefined : needsNoCopy(about, type);
  },
  plan(rules, { bucket, name, generation = '', type }) {
    const object = { kind: 'object', bucket, name, generation } as const;
    const jobs = jobsFor(object, matchRelease(rules, object));
    // The target may have this generation with its earlier metadata: both ends are to be compared.
    const repair = type === OBJECT_METADATA_UPDATE;
    return Promise.resolve(jobs.length === 0 ? NO_RULE : jobs.map((job) => ({ ...job, repair })));
  },
};
