import * as z from 'zod';
import { CHANGES, releaseEventTypeOf } from './change';

const TYPES = CHANGES.map(releaseEventTypeOf);

/** The data of a release event. The schema is an allowlist: no other field is sent. */
const ReleaseEventData = z.object({
  target: z.string().meta({ description: 'The name of the target in `rules.yaml`.' }),
  rule: z.string().meta({ description: 'The rule that releases it to the target.' }),
  kind: z.string().meta({ description: '`image`, `template` or `object`.' }),
  source: z.string().meta({
    description:
      'The release as the job named it: with its tag, and with the digest at the time of planning.',
  }),
  destination: z.string().meta({ description: 'The full reference at the target.' }),
  digest: z.string().optional().meta({
    description:
      'For `copied`: the digest that the destination holds. Otherwise the digest to copy, if known. `sha256:…`, for objects `crc32c:…`.',
  }),
  holds: z.string().optional().meta({
    description:
      'Except for `copied`: the digest that the destination still holds. Unset if it holds nothing or could not be asked.',
  }),
  bytes: z.int().optional().meta({
    description: 'For `copied`: bytes written at the target; 0 if everything was there.',
  }),
  duration: z.number().optional().meta({ description: 'Seconds of the last attempt.' }),
  since: z.iso.datetime().meta({ description: 'When the job was first published.' }),
  reason: z.string().optional().meta({
    description: 'The reason code of docs/operations.md. Unset for `copied`.',
  }),
  remedy: z.string().optional().meta({ description: 'How to fix it. Unset for `copied`.' }),
});

/** A release event: a CloudEvent 1.0 in its JSON format (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md). */
export const ReleaseEvent = z.object({
  specversion: z.literal('1.0').meta({ description: 'Always `1.0`.' }),
  id: z.string().meta({
    description:
      'A hash of `type`, destination, digest and `since`. A redelivery has the same `id`; a rollback to an old digest has another.',
  }),
  source: z.string().meta({
    description: 'The topic, `//pubsub.googleapis.com/projects/P/topics/T`.',
  }),
  type: z.enum(TYPES).meta({ description: TYPES.map((type) => `\`${type}\``).join(', ') + '.' }),
  subject: z.string().meta({ description: 'The destination.' }),
  time: z.iso.datetime().meta({
    description: 'The time of the observation. The latest event of a destination is the valid one.',
  }),
  datacontenttype: z
    .literal('application/json')
    .meta({ description: 'Always `application/json`.' }),
  data: ReleaseEventData.meta({ description: 'The release and what happened to it.' }),
});
export type ReleaseEventData = z.output<typeof ReleaseEventData>;
export type ReleaseEvent = z.output<typeof ReleaseEvent>;
