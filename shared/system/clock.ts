import { setTimeout as delay } from 'node:timers/promises';

/** Time, and all that waits for it. Nothing else here asks the machine for it, so that a simulation can have time of its own. */
export interface Clock {
  /** The time of day: milliseconds since 1970. It may jump. */
  now(): number;
  /** Milliseconds since some moment; they never go back. For durations. */
  monotonic(): number;
  /** Ends after so long. @throws the reason of `signal`, as soon as that is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** A deadline after a duration. The owner releases it when its work is done. It keeps no process alive. */
  deadline(milliseconds: number): Deadline;
}

export interface Deadline {
  /** Is aborted at the deadline, with a `TimeoutError`. */
  readonly signal: AbortSignal;
  /** The signal is never aborted from now on. */
  release(): void;
}

/** The machine's own. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(milliseconds, signal) {
    try {
      await delay(milliseconds, undefined, signal && { signal });
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
  deadline(milliseconds) {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(timedOut()), milliseconds).unref();
    return { signal: controller.signal, release: () => clearTimeout(timer) };
  },
};

function timedOut(): DOMException {
  return new DOMException('The operation was aborted due to timeout', 'TimeoutError');
}
