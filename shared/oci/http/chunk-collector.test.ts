import { getHeapStatistics } from 'node:v8';
import { createChunkCollector } from './chunk-collector';

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
});
