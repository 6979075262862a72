import { digestOf } from '../../oci/digest';
import type { CopyProgress } from '../../copying/attempt';
import { createTally } from './copy-context';

let time: number;
beforeEach(() => (time = 1000));
const clock = { now: () => 5_000_000, monotonic: () => time };
const blob = (seed: string) => ({ mediaType: 'x', digest: digestOf(Buffer.from(seed)), size: 1 });

it('begins with nothing done, at what time the source was read', () => {
  const { uploadedBlobs, manifests, attachments, asOf, watched } = createTally(clock);
  expect([uploadedBlobs, manifests, attachments, watched]).toEqual([0, 0, 0, false]);
  expect(asOf).toBe(5_000_000);
});

it('reports what is done, of what is to be done so far', () => {
  const seen: CopyProgress[] = [];
  const tally = createTally(clock, (progress) => seen.push(progress));
  expect(tally.watched).toBe(true);
  tally.expect(100);
  tally.finish(60);
  tally.expect(20);
  tally.finish(40);
  expect(seen).toEqual([
    { done: 0, total: 100 },
    { done: 60, total: 100 },
    { done: 60, total: 120 },
    { done: 100, total: 120 },
  ]);
});

it('counts without a report, too', () => {
  const tally = createTally(clock);
  expect(() => {
    tally.expect(1);
    tally.finish(1);
  }).not.toThrow();
});

describe('what took most of the time', () => {
  it('is nothing where nothing was broken off', () => {
    expect(createTally(clock).longestSince(0)).toBeUndefined();
  });

  it.each([
    ['first', ['early', 'late']],
    ['last', ['late', 'early']],
  ])('is what was begun before the others, be it broken off %s', (_when, order) => {
    const tally = createTally(clock);
    const begun: Record<string, number> = { early: 400, late: 450 };
    for (const name of order) tally.breakOff(blob(name), begun[name]!);
    expect(tally.longestSince(0)).toEqual(blob('early'));
  });

  it('stays what it was where another was begun at the same moment', () => {
    const tally = createTally(clock);
    tally.breakOff(blob('one'), 400);
    tally.breakOff(blob('two'), 400);
    expect(tally.longestSince(0)).toEqual(blob('one'));
  });

  it.each([
    ['more than half', 200, 599, true],
    ['half', 200, 600, false],
    ['less', 200, 601, false],
  ])('took %s of it', (_share, started, since, isTold) => {
    const tally = createTally(clock);
    tally.breakOff(blob('x'), since);
    expect(tally.longestSince(started)).toEqual(isTold ? blob('x') : undefined);
  });
});
