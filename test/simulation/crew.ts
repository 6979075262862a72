import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Report } from './simulate';
import type { Question } from './worker';

/** Worker processes that simulate, as many as they are. */
export interface Crew {
  /**
   * Simulates seeds from `from` on, `count` of them, until `onReport` answers 'stop'. Reports come in the order in which they
   * are done.
   *
   * @throws {Error} when a worker ends before its time.
   */
  readonly run: (
    seeds: { readonly from: number; readonly count: number; readonly isTraced?: boolean },
    onReport: (report: Report) => 'stop' | undefined,
  ) => Promise<void>;
  readonly close: () => void;
}

/** `script`: test/simulation/worker.ts, bundled. */
export function startCrew(script: string, size: number): Crew {
  const workers = Array.from({ length: size }, () =>
    fork(script, [], { serialization: 'advanced' }),
  );

  return {
    async run({ from, count, isTraced = false }, onReport) {
      let next = from;
      let end = from + count;
      const work = async (worker: ChildProcess): Promise<void> => {
        while (next < end) {
          const report = await ask(worker, { seed: next++, isTraced });
          if (end > from && onReport(report) === 'stop') end = from;
        }
      };
      await Promise.all(workers.map(work));
    },
    close: () =>
      workers.filter(({ connected }) => connected).forEach((worker) => worker.disconnect()),
  };
}

async function ask(worker: ChildProcess, question: Question): Promise<Report> {
  const stop = new AbortController();
  const { signal } = stop;
  worker.send(question);
  try {
    const answer = await Promise.race([
      once(worker, 'message', { signal }),
      once(worker, 'exit', { signal }).then(() => {
        throw new Error(`the worker with seed ${question.seed} has ended`);
      }),
    ]);
    return answer[0] as Report;
  } finally {
    stop.abort();
  }
}
