import { HTTP, type CloudEvent } from 'cloudevents';
import type * as z from 'zod';
import { ReleaseEvent } from '../../shared/delivery/release-event-schema';

interface Told {
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Reads a release event with the CloudEvents SDK, and checks that the message contains nothing else. */
export function readReleaseEvent({ data, attributes }: Told): z.output<typeof ReleaseEvent> {
  const { 'content-type': type = '' } = attributes;
  const body = Buffer.from(data).toString();
  const event = HTTP.toEvent({ headers: { 'content-type': type }, body }) as CloudEvent<unknown>;
  expect(event.validate()).toBe(true);
  const releaseEvent = ReleaseEvent.parse(event.toJSON());
  expect(JSON.parse(body)).toEqual(releaseEvent);
  const { target, rule, kind } = releaseEvent.data;
  expect(attributes).toMatchObject({ target, rule, kind, type: releaseEvent.type });
  return releaseEvent;
}
