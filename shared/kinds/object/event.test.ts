import { InvalidMessageError } from '../../events/envelope';
import { events } from '../events';

const { parse: parseEvent, whyIgnored } = events;

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
    expect(whyIgnored(parseEvent(notification({ objectId })))).toMatch(
      /is a part of an upload that is under way$/,
    );
  });
});
