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

/**
 * What a killed process has left under way hangs on signals that Node keeps for ever, some 3 MB a seed. A worker that has done
 * so many seeds is replaced.
 */
const SEEDS_OF_A_WORKER = 200;

interface Worker {
  readonly process: ChildProcess;
  readonly seeds: number;
}

/** `script`: test/simulation/worker.ts, bundled. */
export function startCrew(script: string, size: number): Crew {
  const start = (): Worker => ({
    process: fork(script, [], { serialization: 'advanced' }),
    seeds: 0,
  });
  const workers = Array.from({ length: size }, start);

  const next = (at: number): ChildProcess => {
    const { process, seeds } = workers[at]!;
    if (seeds < SEEDS_OF_A_WORKER) workers[at] = { process, seeds: seeds + 1 };
    else {
      process.disconnect();
      workers[at] = start();
    }
    return workers[at].process;
  };

  return {
    async run({ from, count, isTraced = false }, onReport) {
      let seed = from;
      let end = from + count;
      const work = async (at: number): Promise<void> => {
        while (seed < end) {
          const report = await ask(next(at), { seed: seed++, isTraced });
          if (end > from && onReport(report) === 'stop') end = from;
        }
      };
      await Promise.all(workers.map((_, at) => work(at)));
    },
    close() {
      for (const { process } of workers) if (process.connected) process.disconnect();
    },
  };
}

async function ask(worker: ChildProcess, question: Question): Promise<Report> {
  const stop = new AbortController();
  const { signal } = stop;
  // That it cannot be sent is said by its end, too.
  worker.send(question, () => undefined);
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
