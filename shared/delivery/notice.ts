import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { OutgoingMessage } from '../jobs/copy-job';

/** What may become of a release at a target. */
const CHANGES = ['copied', 'held', 'failed', 'withdrawn'] as const;
export type Change = (typeof CHANGES)[number];

const PREFIX = 'dev.registry-relay.release.';
const TYPES = CHANGES.map((change) => `${PREFIX}${change}` as const);

/** What a notice says of the release: all that it may say, so that nothing else gets in. */
const NoticeData = z.object({
  target: z.string().meta({ description: 'The target, by its name in `rules.yaml`.' }),
  rule: z.string().meta({ description: 'The rule that releases it there.' }),
  kind: z.string().meta({ description: '`image`, `template` or `object`.' }),
  source: z.string().meta({
    description:
      'What is released, as the job named it: with its tag, and with the digest that it was planned with.',
  }),
  destination: z.string().meta({ description: 'Its full reference at the target.' }),
  digest: z.string().optional().meta({
    description:
      'Of `copied` what the destination holds, else what was to be brought there, where that is known: `sha256:…`, of objects `crc32c:…`.',
  }),
  holds: z.string().optional().meta({
    description:
      'Of all but `copied`: what the destination holds all the same, from before. None where it holds nothing, or cannot be asked.',
  }),
  bytes: z.int().optional().meta({
    description: 'Of `copied`: content written at the target, 0 where all was there already.',
  }),
  duration: z
    .number()
    .optional()
    .meta({ description: 'Seconds that the attempt took which ended it.' }),
  since: z.iso.datetime().meta({ description: 'When the job was first published.' }),
  reason: z.string().optional().meta({
    description:
      'Why not, a code of the table of failures in docs/operations.md. None of `copied`.',
  }),
  remedy: z.string().optional().meta({ description: 'What to do about it.' }),
});

/** A notice: a CloudEvent 1.0 in its JSON format (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md). */
export const Notice = z.object({
  specversion: z.literal('1.0').meta({ description: 'Always `1.0`.' }),
  id: z.string().meta({
    description:
      'A hash of `type`, destination, digest and `since`: a redelivery has the same one, a rollback to an old digest another.',
  }),
  source: z.string().meta({
    description: 'Who tells: the topic, `//pubsub.googleapis.com/projects/P/topics/T`.',
  }),
  type: z.enum(TYPES).meta({ description: TYPES.map((type) => `\`${type}\``).join(', ') + '.' }),
  subject: z.string().meta({ description: 'The destination.' }),
  time: z.iso.datetime().meta({
    description: 'When it was so. Of two notices for one destination the later one holds.',
  }),
  datacontenttype: z
    .literal('application/json')
    .meta({ description: 'Always `application/json`.' }),
  data: NoticeData.meta({ description: 'What has become of which release.' }),
});
type NoticeData = z.output<typeof NoticeData>;
type Notice = z.output<typeof Notice>;

/** A release at a target, as the rules allow it. */
export type Release = Pick<
  NoticeData,
  'target' | 'rule' | 'kind' | 'source' | 'destination' | 'digest'
>;

/** What has become of it. */
export interface News {
  readonly change: Change;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly about: Omit<NoticeData, Exclude<keyof Release, 'digest'> | 'since'>;
}

/**
 * The message that tells of it, for a topic named in full. Its attributes are for filters, and its content type is what the
 * CloudEvents binding for Pub/Sub asks for
 * (https://github.com/google/knative-gcp/blob/main/docs/spec/pubsub-protocol-binding.md).
 */
export function noticeOf(
  topic: string,
  release: Release,
  { change, time, about }: News,
  since: Date,
): OutgoingMessage {
  const { target, rule, kind, destination } = release;
  const data: NoticeData = { ...release, ...about, since: since.toISOString() };
  const type = `${PREFIX}${change}` as const;
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
