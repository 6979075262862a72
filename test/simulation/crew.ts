import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Report } from './simulate';
import type { Question } from './worker';

/** `count` seeds from `from` on. */
export function* seedsFrom(from: number, count: number): Generator<number> {
  for (let seed = from; seed < from + count; seed++) yield seed;
}

/** Worker processes that simulate, as many as they are. */
export interface Crew {
  /**
   * Simulates seeds, in their order, until `onReport` answers 'stop'. Reports come in the order in which they are done,
   * those of what is under way by then after it.
   *
   * @throws {Error} when a worker ends before its time.
   */
  readonly run: (
    seeds: Iterable<number>,
    how: Partial<Omit<Question, 'seed'>>,
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

/** What a seed makes is soon gone: with room for more of it, what clears it away takes a tenth less of the time. */
const YOUNG = ['--min-semi-space-size=16', '--max-semi-space-size=64'];

/** `script`: test/simulation/worker.ts, bundled. */
export function startCrew(script: string, size: number): Crew {
  const start = (): Worker => ({
    process: fork(script, [], { serialization: 'advanced', execArgv: YOUNG }),
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
    async run(seeds, { isTraced = false, ...how }, onReport) {
      const left = [...seeds];
      const work = async (at: number): Promise<void> => {
        for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
          const report = await ask(next(at), { ...how, isTraced, seed });
          if (onReport(report) === 'stop') left.length = 0;
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
