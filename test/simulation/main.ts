import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seedsFrom, startCrew, type Crew } from './crew';
import type { Report } from './simulate';

const HELP = `npm run simulate -- [--seeds N] [--from N] [--all] [--trace]

Runs the functions' own code with registries, buckets and Pub/Sub in one process, under a clock and a scheduler of its own, one
history for each seed, and compares what every customer has with what must be there (docs/contributing/tests.md). Of the first seed
that fails it prints what was wrong and how it came to that; the whole trace goes to a file.

  --seeds N   how many; default 1000
  --from N    the first; default 1. One seed alone: --from N --seeds 1
  --all       go on after a seed that fails
  --trace     print the whole trace of the first seed
`;
const WORKER = join(__dirname, 'worker.js');
const TELL_EVERY_MS = 5000;
/** Lines of a trace before the first thing that is wrong. */
const SHOWN_LINES = 60;
const SHOWN_COLUMNS = 240;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      all: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const seeds = { from: Number(values.from), count: values.trace ? 1 : Number(values.seeds) };
  const crew = startCrew(WORKER, Math.min(seeds.count, availableParallelism()));
  try {
    if (values.trace) await printTrace(crew, seeds.from);
    else if (!(await simulateAll(crew, seeds, values.all))) process.exitCode = 1;
  } finally {
    crew.close();
  }
}

/** False: one has failed. */
async function simulateAll(
  crew: Crew,
  seeds: { readonly from: number; readonly count: number },
  goesOn: boolean,
): Promise<boolean> {
  const started = performance.now();
  const total = { seeds: 0, requests: 0, kills: 0 };
  let failed: Report | undefined;
  const tell = (): void => {
    if (total.seeds === 0) return;
    const seconds = (performance.now() - started) / 1000;
    process.stderr.write(
      `${total.seeds} of ${seeds.count} schedules, ${(total.seeds / seconds).toFixed(1)} a second; ` +
        `${Math.round(total.requests / total.seeds)} requests and ${(total.kills / total.seeds).toFixed(1)} kills in each\n`,
    );
  };
  const telling = setInterval(tell, TELL_EVERY_MS);
  await crew
    .run(seedsFrom(seeds.from, seeds.count), {}, (report) => {
      total.seeds += 1;
      total.requests += report.requests;
      total.kills += report.kills;
      if (report.violations.length === 0) return undefined;
      failed ??= report;
      if (goesOn) process.stdout.write(`${describe(report)}\n`);
      return goesOn ? undefined : 'stop';
    })
    .finally(() => clearInterval(telling));
  tell();
  if (failed === undefined) process.stdout.write(`No violations in ${total.seeds} schedules.\n`);
  else if (!goesOn) await explain(crew, failed.seed);
  return failed === undefined;
}

/** Once more, and this time with a trace: it is the same history. */
async function explain(crew: Crew, seed: number): Promise<void> {
  const report = await traced(crew, seed);
  const folder = join(__dirname, 'failed');
  const file = join(folder, `seed-${seed}.txt`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${report.trace.join('\n')}\n`);
  process.stdout.write(
    `${excerpt(report).join('\n')}\n\n${describe(report)}\nThe whole trace: ${file}\n` +
      `Again: npm run simulate -- --from ${seed} --seeds 1\n`,
  );
}

/** How it came to the first thing that is wrong. */
function excerpt({ trace, violations }: Report): readonly string[] {
  const end = trace.findIndex((line) => line.includes(' INVARIANT ')) + 1;
  const { about = '' } = violations[0]!;
  const lines = trace
    .slice(0, end)
    .filter((line) => line.includes(about) || / killed |INVARIANT/.test(line));
  return lines.slice(-SHOWN_LINES).map((line) => line.slice(0, SHOWN_COLUMNS));
}

function describe({ seed, violations }: Report): string {
  const found = violations.map(({ invariant, detail }) => `  ${invariant}: ${detail}`);
  return `Seed ${seed} fails:\n${found.join('\n')}`;
}

async function printTrace(crew: Crew, seed: number): Promise<void> {
  process.stdout.write(`${(await traced(crew, seed)).trace.join('\n')}\n`);
}

async function traced(crew: Crew, seed: number): Promise<Report> {
  let found: Report | undefined;
  await crew.run([seed], { isTraced: true }, (report) => void (found = report));
  return found!;
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
