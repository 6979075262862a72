import { createHash } from 'node:crypto';
import type { OutgoingMessage } from '../jobs/copy-job';
import { noticeTypeOf, type Change } from './change';
import type { Notice, NoticeData } from './notice-schema';

/** A release at a target, as the rules allow it. */
export type Release = Pick<
  NoticeData,
  'target' | 'rule' | 'kind' | 'source' | 'destination' | 'digest'
>;

/** A change of a release's status. */
export interface StatusChange {
  readonly change: Change;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly about: Omit<NoticeData, Exclude<keyof Release, 'digest'> | 'since'>;
}

/**
 * Returns the message of a release event for a topic named in full. Its attributes are for filters. Its content type
 * follows the CloudEvents binding for Pub/Sub
 * (https://github.com/google/knative-gcp/blob/main/docs/spec/pubsub-protocol-binding.md).
 */
export function noticeOf(
  topic: string,
  release: Release,
  { change, time, about }: StatusChange,
  since: Date,
): OutgoingMessage {
  const { target, rule, kind, destination } = release;
  const data: NoticeData = { ...release, ...about, since: since.toISOString() };
  const type = noticeTypeOf(change);
  const notice: Notice = {
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
    data: Buffer.from(JSON.stringify(notice)),
    attributes: { target, rule, kind, type, 'content-type': 'application/cloudevents+json' },
  };
}

function idOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
