import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** As little as this is still in the processor's cache; a minor collection takes a fraction of a millisecond. */
const MINOR_EVERY_BYTES = 2 * 1024 * 1024;
/** A major collection takes ten milliseconds: at most one for so many bytes, and only when so much has gathered. */
const MAJOR_EVERY_BYTES = 64 * 1024 * 1024;
const MAJOR_FROM_BYTES = 12 * 1024 * 1024;

/** Memory as a process has it. */
export interface Heap {
  collect(type: 'major' | 'minor'): void;
  /** Bytes outside of V8's heap that something in it refers to, dead or alive: chunks are such. */
  external(): number;
}

/**
 * Frees the chunks of blobs that have been passed on; the function is to be called with the size of every chunk. V8 waits
 * for 30 to 80 MiB of them, and their number follows the machine's load; freed early, their memory is used again while it
 * is still in the processor's cache. With the heap of an instance of 512 MiB, a process that copies 512 MiB takes 119 MiB
 * instead of 152, and a quarter less CPU time.
 */
export function createChunkCollector(openHeap = openOwnHeap): (bytes: number) => void {
  let heap: Heap | undefined;
  let passed = 0;
  let sinceMajor = 0;
  let held = Infinity;
  return (bytes) => {
    passed += bytes;
    if (passed < MINOR_EVERY_BYTES) return;
    sinceMajor += passed;
    passed = 0;
    // Not before: V8 takes no code from the compile cache that was compiled under other flags.
    heap ??= openHeap();
    heap.collect('minor');
    const external = heap.external();
    held = Math.min(held, external);
    if (sinceMajor < MAJOR_EVERY_BYTES || external < held + MAJOR_FROM_BYTES) return;
    sinceMajor = 0;
    heap.collect('major');
    held = heap.external();
  };
}

/** Node hands out V8's own function for it in this way alone, unless it is started with `--expose-gc`. */
function openOwnHeap(): Heap {
  // Collected so often, the young generation needs no more room than it has.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { readonly type: string }) => void;
  setFlagsFromString('--no-expose-gc');
  return {
    collect: (type) => collect({ type }),
    external: () => getHeapStatistics().external_memory,
  };
}
