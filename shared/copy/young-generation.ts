import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the heap's young generation from growing any further: its size decides how many chunks of passed-on blobs lie about before
 * they are freed. Measured with 8 blobs at once over TLS: a peak of 170 to 190 MiB instead of 210 to 255, and a tenth less
 * CPU time, since memory that was just used is used again. To be called once, before anything is copied.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
