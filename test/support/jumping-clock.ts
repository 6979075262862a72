import { systemClock, type Clock } from '../../shared/system/clock';

/** A clock for tests: a wait takes no time, the clock jumps instead. Deadlines are the machine's. */
export interface JumpingClock extends Clock {
  /** Every wait that was asked for, in milliseconds. */
  readonly sleeps: readonly number[];
}

export function createJumpingClock(): JumpingClock {
  const sleeps: number[] = [];
  let skipped = 0;
  return {
    sleeps,
    now: () => systemClock.now() + skipped,
    monotonic: () => systemClock.monotonic() + skipped,
    sleep(milliseconds) {
      sleeps.push(milliseconds);
      skipped += milliseconds;
      return Promise.resolve();
    },
    deadline: (milliseconds) => systemClock.deadline(milliseconds),
  };
}
