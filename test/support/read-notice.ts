import { HTTP, type CloudEvent } from 'cloudevents';
import type * as z from 'zod';
import { Notice } from '../../shared/delivery/notice-schema';

interface Told {
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A notice as a subscriber with CloudEvents' own SDK reads it, which must be all that is in the message. */
export function readNotice({ data, attributes }: Told): z.output<typeof Notice> {
  const { 'content-type': type = '' } = attributes;
  const body = Buffer.from(data).toString();
  const event = HTTP.toEvent({ headers: { 'content-type': type }, body }) as CloudEvent<unknown>;
  expect(event.validate()).toBe(true);
  const notice = Notice.parse(event.toJSON());
  expect(JSON.parse(body)).toEqual(notice);
  const { target, rule, kind } = notice.data;
  expect(attributes).toMatchObject({ target, rule, kind, type: notice.type });
  return notice;
}
