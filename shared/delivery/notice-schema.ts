import * as z from 'zod';
import { CHANGES, noticeTypeOf } from './change';

const TYPES = CHANGES.map(noticeTypeOf);

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
export type NoticeData = z.output<typeof NoticeData>;
export type Notice = z.output<typeof Notice>;
