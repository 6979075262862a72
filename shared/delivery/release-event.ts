import { createHash } from 'node:crypto';
import type { OutgoingMessage } from '../jobs/copy-job';
import { releaseEventTypeOf, type Change } from './change';
import type { ReleaseEvent, ReleaseEventData } from './release-event-schema';

/** A release at a target, as the rules allow it. */
export type Release = Pick<
  ReleaseEventData,
  'target' | 'rule' | 'kind' | 'source' | 'destination' | 'digest'
>;

/** A change of a release's status. */
export interface StatusChange {
  readonly change: Change;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly about: Omit<ReleaseEventData, Exclude<keyof Release, 'digest'> | 'since'>;
}

/**
 * Returns the message of a release event for a topic named in full. Its attributes are for filters. Its content type
 * follows the CloudEvents binding for Pub/Sub
 * (https://github.com/google/knative-gcp/blob/main/docs/spec/pubsub-protocol-binding.md).
 */
export function releaseEventOf(
  topic: string,
  release: Release,
  { change, time, about }: StatusChange,
  since: Date,
): OutgoingMessage {
  const { target, rule, kind, destination } = release;
  const data: ReleaseEventData = { ...release, ...about, since: since.toISOString() };
  const type = releaseEventTypeOf(change);
  const event: ReleaseEvent = {
    specversion: '1.0',
    id: idOf([type, destination, data.digest ?? '', data.since]),
    source: `//pubsub.googleapis.com/${topic}`,
    type,
    subject: destination,
    time: new Date(time).toISOString(),
    datacontenttype: 'application/json',
    data,
  };
  return {
    data: Buffer.from(JSON.stringify(event)),
    attributes: { target, rule, kind, type, 'content-type': 'application/cloudevents+json' },
  };
}

function idOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
