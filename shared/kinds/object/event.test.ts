import { InvalidMessageError } from '../../events/envelope';
import { jobsIn, type Planning } from '../../jobs/events';
import { events } from '../messages';
import { formatArtifact } from '../references';
import { parseRules } from '../rules';

const { parse: parseEvent } = events;

const notification = (change: Record<string, string>) => ({
  id: '1',
  data: Buffer.from(''),
  attributes: {
    eventType: 'OBJECT_FINALIZE',
    bucketId: 'vendor-models',
    objectId: 'a/b c.bin',
    objectGeneration: '1712',
    ...change,
  },
  publishTime: new Date(0),
});

describe('a notification of a bucket', () => {
  it.each([
    ['without an object', { objectId: '' }, '"objectId"'],
    ['with a bad bucket', { bucketId: 'A' }, '"bucketId"'],
    ['with a bad generation', { objectGeneration: '-1' }, '"objectGeneration"'],
    ['of nothing', { eventType: '' }, '"eventType"'],
  ])('%s is none', (_what, change, problem) => {
    expect(() => parseEvent(notification(change))).toThrow(InvalidMessageError);
    expect(() => parseEvent(notification(change))).toThrow(problem);
  });

  it('of a part of an upload needs no copy', () => {
    const objectId = 'gsutil/tmp/parallel_composite_uploads/for_details_see/gsutil_help_cp/1';
    expect(parseEvent(notification({ objectId })).whyIgnored).toMatch(
      /is a part of an upload that is under way$/,
    );
  });
});

it.each([
  ['m/a.bin', ['gs://vendor/m/a.bin#7 acme models']],
  ['m/a.txt', 'matches no rule'],
  ['a.bin', 'matches no rule'],
])('an object %s', async (objectId, expected) => {
  const rules = parseRules(`
targets: { acme: { bucket: gs://acme } }
rules:
  - { name: models, source: gs://vendor/m, objects: ['*.bin'], targets: [acme] }
`);
  const written = { bucketId: 'vendor', objectId, objectGeneration: '7' };
  const jobs = jobsIn(await parseEvent(notification(written)).plan(rules, {} as Planning));
  const planned =
    typeof jobs === 'string'
      ? jobs
      : jobs.map(({ source, target, rule }) => `${formatArtifact(source)} ${target} ${rule ?? ''}`);
  expect(planned).toEqual(expected);
});
