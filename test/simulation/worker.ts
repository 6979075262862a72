import { simulate, type Report } from './simulate';

/** What a worker is asked for. */
export interface Question {
  readonly seed: number;
  readonly isTraced: boolean;
}

/** A process that simulates the seeds which it is sent, one after another. Started by crew.ts. */
process.on('message', ({ seed, isTraced }: Question) => {
  simulate(seed, { isTraced }).then(
    (report: Report) => process.send!(report),
    (error: unknown) => {
      process.stderr.write(
        `seed ${seed}: ${error instanceof Error ? error.stack! : String(error)}\n`,
      );
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit());
