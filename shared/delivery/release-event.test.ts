import { KIND_NAMES } from '../kinds/kinds';
import { readReleaseEvent } from '../../test/support/read-release-event';
import type { Change } from './change';
import { releaseEventOf, type StatusChange, type Release } from './release-event';
import { ReleaseEvent } from './release-event-schema';

const topic = 'projects/p/topics/release-events';
const release: Release = {
  target: 'acme',
  rule: 'all',
  kind: 'image',
  source: 'gcr.io/v/api:1',
  destination: 'gcr.io/acme/api:1',
};
const since = new Date('2026-11-24T12:00:00Z');

function idOf(
  about: Partial<StatusChange['about']>,
  more: Partial<StatusChange> = {},
  at = since,
  of = release,
) {
  const statusChange: StatusChange = {
    change: 'copied',
    time: 0,
    about: { digest: 'sha256:a', ...about },
    ...more,
  };
  return (
    JSON.parse(Buffer.from(releaseEventOf(topic, of, statusChange, at).data).toString()) as {
      id: string;
    }
  ).id;
}

describe('the id of a release event', () => {
  it('is the same for another delivery of the same change', () => {
    const id = idOf({});
    expect(idOf({ bytes: 7, duration: 3 }, { time: 99 })).toBe(id);
    expect(idOf({}, {}, since, { ...release, source: 'gcr.io/v/api:1@sha256:a' })).toBe(id);
  });

  it('differs if the change, the destination, the digest or the job differs', () => {
    const ids = [
      idOf({}),
      idOf({}, { change: 'held' }),
      idOf({ digest: 'sha256:b' }),
      idOf({}, {}, new Date(since.getTime() + 1)),
      idOf({}, {}, since, { ...release, destination: 'gcr.io/acme/api:2' }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

it('is read by the CloudEvents SDK, for each type and kind', () => {
  const types = ReleaseEvent.shape.type.options;
  const read = types.flatMap((type) =>
    KIND_NAMES.map((kind) => {
      const change = type.replace(/.*\./, '') as Change;
      const isCopied = change === 'copied';
      const about: StatusChange['about'] = isCopied
        ? { digest: 'sha256:a', bytes: 7, duration: 1.5 }
        : { holds: 'sha256:b', duration: 0, reason: 'unproven', remedy: 'Grüße: "sign" it.' };
      const event = readReleaseEvent(
        releaseEventOf(topic, { ...release, kind }, { change, time: 1, about }, since),
      );
      expect(event.data).toMatchObject(about);
      return `${event.type} ${event.data.kind}`;
    }),
  );
  expect(read).toEqual(types.flatMap((type) => KIND_NAMES.map((kind) => `${type} ${kind}`)));
  expect(types).toHaveLength(4);
});
