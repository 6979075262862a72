import { noticeOf, type News, type Release } from './notice';

const topic = 'projects/p/topics/notices';
const release: Release = {
  target: 'acme',
  rule: 'all',
  kind: 'image',
  source: 'gcr.io/v/api:1',
  destination: 'gcr.io/acme/api:1',
};
const since = new Date('2026-11-24T12:00:00Z');

function idOf(about: Partial<News['about']>, more: Partial<News> = {}, at = since, of = release) {
  const news: News = {
    change: 'copied',
    time: 0,
    about: { digest: 'sha256:a', ...about },
    ...more,
  };
  return (JSON.parse(Buffer.from(noticeOf(topic, of, news, at).data).toString()) as { id: string })
    .id;
}

describe('the id of a notice', () => {
  it('stays where only the delivery is another', () => {
    const id = idOf({});
    expect(idOf({ bytes: 7, duration: 3 }, { time: 99 })).toBe(id);
    expect(idOf({}, {}, since, { ...release, source: 'gcr.io/v/api:1@sha256:a' })).toBe(id);
  });

  it('is another with the change, the destination, the digest or the job', () => {
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
