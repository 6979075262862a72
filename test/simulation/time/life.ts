import type { Scheduler } from './scheduler';

/** The life of one process. What waits on its behalf ends with it: nothing of it ever goes on. */
export interface Life {
  /** `copy-artifact#2` */
  readonly name: string;
  readonly hasEnded: () => boolean;
  /** Does `work` so many milliseconds later, if it lives then; `what` is for people. The returned function takes it back. */
  readonly after: (milliseconds: number, what: string, work: () => void) => () => void;
  /** Does `work` when the life ends. The returned function takes it back. */
  readonly onEnd: (work: () => void) => () => void;
  readonly end: () => void;
  /** What waits on its behalf now. */
  readonly waiting: () => readonly string[];
}

export function createLife(name: string, scheduler: Pick<Scheduler, 'after'>): Life {
  const waiting = new Map<() => void, string>();
  const farewells = new Set<() => void>();
  let hasEnded = false;

  return {
    name,
    hasEnded: () => hasEnded,
    waiting: () => [...waiting.values()],
    after(milliseconds, what, work) {
      if (hasEnded) return () => undefined;
      const takeBack = scheduler.after(milliseconds, () => {
        waiting.delete(cancel);
        work();
      });
      const cancel = (): void => {
        waiting.delete(cancel);
        takeBack();
      };
      waiting.set(cancel, what);
      return cancel;
    },
    onEnd(work) {
      farewells.add(work);
      return () => void farewells.delete(work);
    },
    end() {
      if (hasEnded) return;
      hasEnded = true;
      for (const cancel of [...waiting.keys()]) cancel();
      for (const farewell of farewells) farewell();
      farewells.clear();
    },
  };
}
