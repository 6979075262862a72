import type { Route } from '../routes';
import type { Fault } from './fault';
import { createFaults } from './faults';

const route = (kind: Route['kind'], repository = 'a/b', reference = 'v1'): Route => ({
  kind,
  repository,
  reference,
});

/** Which of ten equal requests are met. */
function meets(fault: Fault, request = route('getBlob')): number[] {
  const faults = createFaults();
  faults.add(fault);
  const numbers = Array.from({ length: 10 }, (_, number) => number);
  return numbers.filter(() => faults.pick(request) !== undefined);
}

const ALL = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('a fault', () => {
  it.each<{ fault: Fault; met: number[] }>([
    { fault: { on: 'getBlob' }, met: [0] },
    { fault: { on: 'getBlob', times: 3 }, met: [0, 1, 2] },
    { fault: { on: 'getBlob', after: 2, times: 2 }, met: [2, 3] },
    { fault: { on: ['headBlob', 'getBlob'], times: Infinity }, met: ALL },
    { fault: { on: 'getBlob', fraction: 1 }, met: ALL },
    { fault: { on: 'getBlob', fraction: 0 }, met: [] },
    { fault: { on: 'putBlob' }, met: [] },
    { fault: { on: 'getBlob', repository: 'a/b', reference: 'v1' }, met: [0] },
    { fault: { on: 'getBlob', repository: 'a/c' }, met: [] },
    { fault: { on: 'getBlob', reference: 'v2' }, met: [] },
  ])('$fault meets requests $met', ({ fault, met }) => {
    expect(meets(fault)).toEqual(met);
  });

  it('meets the same fraction of requests for the same seed', () => {
    const half: Fault = { on: 'getBlob', fraction: 0.5, seed: 7 };
    expect(meets(half)).toEqual(meets(half));
    expect(meets({ ...half, seed: 8 })).not.toEqual(meets(half));
    const many = createFaults();
    const set = many.add(half);
    for (let request = 0; request < 1000; request += 1) many.pick(route('getBlob'));
    expect(Math.abs(set.hits() - 500)).toBeLessThan(60);
  });

  it('counts what it met and can be taken away', () => {
    const faults = createFaults();
    const first = faults.add({ on: 'getBlob', times: Infinity, delayMs: 1 });
    faults.add({ on: 'getBlob', times: Infinity, delayMs: 2 });
    expect(faults.pick(route('getBlob'))).toMatchObject({ delayMs: 1 });
    expect(first.hits()).toBe(1);
    first.remove();
    expect(faults.pick(route('getBlob'))).toMatchObject({ delayMs: 2 });
    faults.clear();
    expect(faults.pick(route('getBlob'))).toBeUndefined();
  });
});
