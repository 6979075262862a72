import { getHeapStatistics } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createChunkCollector, type Heap } from './chunk-collector';

const KIB = 1024;
const MIB = 1024 * KIB;

it('frees passed-on chunks long before there are many of them', () => {
  const chunkPassed = createChunkCollector();
  const before = getHeapStatistics().external_memory;
  let most = 0;
  for (let passed = 0; passed < 512 * MIB; passed += 64 * KIB) {
    chunkPassed(Buffer.alloc(64 * KIB).byteLength);
    most = Math.max(most, getHeapStatistics().external_memory - before);
  }
  expect(most).toBeLessThan(24 * MIB);
  // Only the collector gets this function.
  expect(runInNewContext('typeof gc')).toBe('undefined');
});

/** After how many MiB each collection came, in chunks of 1 MiB, where so many bytes are outside of the heap by then. */
function collections(last: number, external: (mebibytes: number) => number) {
  const came: Record<'major' | 'minor', number[]> = { major: [], minor: [] };
  let passed = 0;
  const heap: Heap = {
    collect: (type) => void came[type].push(passed),
    external: () => external(passed),
  };
  const chunkPassed = createChunkCollector(() => heap);
  for (passed = 1; passed <= last; passed += 1) chunkPassed(MIB);
  return came;
}

it('collects what is young every 2 MiB, and is not there before', () => {
  const collect = jest.fn();
  const openHeap = jest.fn((): Heap => ({ collect, external: () => 0 }));
  const chunkPassed = createChunkCollector(openHeap);
  chunkPassed(2 * MIB - 1);
  expect(openHeap).not.toHaveBeenCalled();
  chunkPassed(1);
  chunkPassed(2 * MIB - 1);
  expect(collect.mock.calls).toEqual([['minor']]);
  chunkPassed(1);
  expect(collect.mock.calls).toEqual([['minor'], ['minor']]);
  expect(openHeap).toHaveBeenCalledTimes(1);
});

const least = (mebibytes: number) => (mebibytes === 2 ? 5 * MIB : 100 * MIB);
it.each<[string, (mebibytes: number) => number, number[]]>([
  ['never where nothing gathers', () => 100 * MIB, []],
  ['at most every 64 MiB', (at) => (at % 64 === 2 ? 0 : 12 * MIB), [64, 128, 192]],
  ['only where 12 MiB have gathered', (at) => (at % 64 === 2 ? 0 : 12 * MIB - 1), []],
  ['as soon as 12 MiB have gathered', (at) => (at < 99 ? MIB : 13 * MIB), [100]],
  ['once for what stays: it is in use', least, [64]],
])('collects what is old %s', (_when, external, majors) => {
  const { major, minor } = collections(192, external);
  expect(major).toEqual(majors);
  expect(minor).toHaveLength(96);
});
