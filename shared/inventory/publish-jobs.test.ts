import { sourceTag } from '../../test/support/inventory';
import { encodeCopyJob } from '../kinds/messages';
import { publishJobs } from './publish-jobs';
import { createJumpingClock } from '../../test/support/jumping-clock';

it('publishes in order, so many a second', async () => {
  const published: string[][] = [];
  const counts: number[] = [];
  const jobs = ['1', '2', '3'].map((tag) => ({
    source: sourceTag(`gcr.io/vendor/api:${tag}`),
    target: 'acme',
    repair: true,
  }));
  const clock = createJumpingClock();
  await publishJobs(
    (topic, messages) => {
      published.push([topic, ...messages.map(({ data }) => Buffer.from(data).toString())]);
      return Promise.resolve();
    },
    'projects/p/topics/t',
    jobs,
    { clock, encode: encodeCopyJob, jobsPerSecond: 2, onPublished: (count) => counts.push(count) },
  );
  expect(published.map(({ length }) => length)).toEqual([3, 2]);
  expect(published.flat().join()).toMatch(/api:1@.*api:2@.*api:3@/);
  expect(counts).toEqual([2, 1]);
  expect(clock.sleeps).toHaveLength(1);
  expect(clock.sleeps[0]).toBeGreaterThan(900);
});
