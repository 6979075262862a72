import type { Random } from '../../support/random';

/**
 * Decides what goes on next. Everything that waits for the world (a request, an answer, a delivery, a sleep) is an event with
 * a time of its own; they are done one after another, and time stands still while one is done.
 */
export interface Scheduler {
  /** Milliseconds since the simulation began. */
  readonly now: () => number;
  /** Does `work` so many milliseconds later. The returned function takes it back. */
  readonly after: (milliseconds: number, work: () => void) => () => void;
  /**
   * Goes on until nothing is left that could go on, or `until` says so, or so many events were done.
   *
   * @returns how it ended.
   */
  readonly run: (limit: { readonly events: number; readonly until?: number }) => Promise<Ending>;
  /** How many events have been done. */
  readonly done: () => number;
  /** How many wait for their time. */
  readonly waiting: () => number;
}

/** `rest`: nothing is left to do. `time`: what is left is later. `endless`: more events than there can be reason for. */
export type Ending = 'rest' | 'time' | 'endless';

interface Event {
  readonly at: number;
  /** Among events of one moment the seed decides. */
  readonly turn: number;
  work: (() => void) | undefined;
}

export function createScheduler(random: Random): Scheduler {
  const queue = createHeap();
  let now = 0;
  let done = 0;
  let waiting = 0;

  return {
    now: () => now,
    done: () => done,
    waiting: () => waiting,
    after(milliseconds, work) {
      const event: Event = { at: now + Math.max(0, milliseconds), turn: random.next(), work };
      queue.push(event);
      waiting += 1;
      return () => {
        if (event.work === undefined) return;
        event.work = undefined;
        waiting -= 1;
      };
    },
    async run({ events, until = Infinity }) {
      for (const end = done + events; ;) {
        const next = queue.peek();
        if (next === undefined) return 'rest';
        if (next.at > until) {
          now = until;
          return 'time';
        }
        queue.pop();
        const { work } = next;
        if (work === undefined) continue;
        if (done >= end) return 'endless';
        next.work = undefined;
        now = next.at;
        done += 1;
        waiting -= 1;
        work();
        await idle();
      }
    },
  };
}

/**
 * Lets all that can go on by itself go on: promises and the ticks of streams, which are all done before an immediate is. Nothing
 * of a simulation waits for the machine, so that what is done in a turn is the same each time.
 */
function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A binary heap: the earliest is first. */
function createHeap() {
  const heap: Event[] = [];
  const isBefore = (a: Event, b: Event): boolean =>
    a.at < b.at || (a.at === b.at && a.turn < b.turn);
  const swap = (a: number, b: number): void => {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  };

  return {
    peek: (): Event | undefined => heap[0],
    push(event: Event): void {
      heap.push(event);
      for (let at = heap.length - 1; at > 0;) {
        const parent = (at - 1) >> 1;
        if (!isBefore(heap[at]!, heap[parent]!)) return;
        swap(at, parent);
        at = parent;
      }
    },
    pop(): void {
      swap(0, heap.length - 1);
      heap.pop();
      for (let at = 0; ;) {
        const [left, right] = [2 * at + 1, 2 * at + 2];
        let first = at;
        if (left < heap.length && isBefore(heap[left]!, heap[first]!)) first = left;
        if (right < heap.length && isBefore(heap[right]!, heap[first]!)) first = right;
        if (first === at) return;
        swap(at, first);
        at = first;
      }
    },
  };
}
