import { deletedAtSource, jobsFor, needsNoCopy, NO_RULE, type EventKind } from '../../jobs/events';
import { matchRelease } from '../../rules/match';
import { isObjectChange, parseObjectChange, type ObjectChange } from './object-change';
import { formatObjectReference } from './reference';
import { isTemporaryObject } from './temporary';

declare module '../../jobs/events' {
  interface Told {
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
    return type === 'OBJECT_FINALIZE' ? undefined : needsNoCopy(about, type);
  },
  plan(rules, { bucket, name, generation = '' }) {
    const object = { bucket, name, generation };
    const jobs = jobsFor(object, matchRelease(rules, object));
    return Promise.resolve(jobs.length === 0 ? NO_RULE : jobs);
  },
};
