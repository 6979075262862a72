import { createRequire } from 'node:module';
import * as own from './simulate';
import type { Report } from './simulate';

/** What a worker is asked for. */
export interface Question {
  readonly seed: number;
  readonly isTraced: boolean;
  /** Another bundle of simulate.ts, which is asked instead of the worker's own. */
  readonly script?: string;
}

/** Of errors, in a run that somebody reads: they take a fifth of the time. */
const STACK_LINES = 10;

const require = createRequire(__filename);
let latest: string | undefined;

/** What a script exports; of the scripts that were asked before it none is kept. */
function load(script: string): typeof own {
  if (latest !== undefined && latest !== script) Reflect.deleteProperty(require.cache, latest);
  latest = script;
  return require(script) as typeof own;
}

/** A process that simulates the seeds which it is sent, one after another. Started by crew.ts. */
process.on('message', ({ seed, isTraced, script }: Question) => {
  Error.stackTraceLimit = isTraced ? STACK_LINES : 0;
  const { simulate } = script === undefined ? own : load(script);
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
