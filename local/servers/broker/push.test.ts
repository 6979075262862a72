import { createPushPace, createPushWindow } from './push';

/** The delay after many deliveries of which so many in ten are refused. */
function delayWith(refusedInTen: number): number {
  const pace = createPushPace();
  const delays: number[] = [];
  for (let i = 0; i < 1000; i++) {
    pace.report((i * 7) % 10 >= refusedInTen);
    delays.push(pace.delay());
  }
  const settled = delays.slice(500);
  return settled.reduce((sum, delay) => sum + delay, 0) / settled.length;
}

describe('push pace', () => {
  it('does not slow an endpoint that accepts', () => {
    expect(createPushPace().delay()).toBe(0);
    expect(delayWith(0)).toBe(0);
  });

  it.each([
    [2, 300, 600],
    [5, 2000, 4000],
    [10, 30_000, 60_000],
  ])('with %d of 10 refused is between %d and %d ms', (refused, least, most) => {
    const delay = delayWith(refused);
    expect(delay).toBeGreaterThanOrEqual(least);
    expect(delay).toBeLessThanOrEqual(most);
  });

  it('starts slow-downs at 100 ms and ends them once the endpoint accepts again', () => {
    const pace = createPushPace();
    pace.report(false);
    expect(pace.delay()).toBeGreaterThanOrEqual(100);
    for (let i = 0; i < 50; i++) pace.report(true);
    expect(pace.delay()).toBe(0);
  });
});

describe('push window', () => {
  it('grows by one with each success up to the largest', () => {
    const window = createPushWindow(8);
    const sizes = Array.from({ length: 5 }, () => {
      window.report(true);
      return window.size();
    });
    expect(sizes).toEqual([6, 7, 8, 8, 8]);
  });

  it('halves with each failure and never closes', () => {
    const window = createPushWindow(100);
    const sizes = Array.from({ length: 4 }, () => {
      window.report(false);
      return window.size();
    });
    expect(sizes).toEqual([2, 1, 1, 1]);
  });
});
