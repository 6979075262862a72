import { once } from 'node:events';
import type { Clock } from '../../../../shared/system/clock';
import { CutError } from '../reply';

/** Something that happens to a stream of bytes. */
export type Step = (body: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;

/** Lets `count` bytes pass, then throws a {@link CutError}. A shorter stream ends as it is. */
export function cut(count: number): Step {
  return async function* cutStream(body) {
    let left = count;
    for await (const bytes of body) {
      if (bytes.length >= left) {
        yield bytes.subarray(0, left);
        throw new CutError('the connection is broken off');
      }
      yield bytes;
      left -= bytes.length;
    }
  };
}

/** Lets `count` bytes pass, then none until the client has `gone`. */
export function stall(count: number, gone: AbortSignal): Step {
  return async function* stallStream(body) {
    try {
      yield* cut(count)(body);
    } catch (error) {
      if (error instanceof CutError && !gone.aborted) await once(gone, 'abort');
      throw error;
    }
  };
}

/** At most so many bytes a second, in twenty steps, until the client has `gone`. */
export function drip(bytesPerSecond: number, gone: AbortSignal, clock: Pick<Clock, 'sleep'>): Step {
  const share = Math.max(Math.floor(bytesPerSecond / 20), 1);
  const pauseMs = (share / bytesPerSecond) * 1000;
  return async function* dripStream(body) {
    for await (const bytes of body) {
      for (let at = 0; at < bytes.length; at += share) {
        yield bytes.subarray(at, at + share);
        await clock.sleep(pauseMs, gone);
      }
    }
  };
}

/** Inverts one byte. */
export function corrupt(at: number): Step {
  return async function* corruptStream(body) {
    let passed = 0;
    for await (const bytes of body) {
      const copy = Buffer.from(bytes);
      const byte = copy[at - passed];
      if (byte !== undefined) copy[at - passed] = byte ^ 0xff;
      passed += bytes.length;
      yield copy;
    }
  };
}

/** Exactly `length` bytes: the rest is left out, or zeros are added. */
export function resize(length: number): Step {
  return async function* resizeStream(body) {
    let left = length;
    for await (const bytes of body) {
      if (left > 0) yield bytes.subarray(0, left);
      left = Math.max(left - bytes.length, 0);
    }
    while (left > 0) {
      const zeros = Buffer.alloc(Math.min(left, 64 * 1024));
      yield zeros;
      left -= zeros.length;
    }
  };
}
