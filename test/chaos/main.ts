import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { startPubSubEmulator } from '../interop/servers';
import { findTool } from '../interop/tools';
import { renderReport } from './report';
import { runChaos } from './run';

const RESULTS = 'test/chaos/RESULTS.md';
const INTRODUCTION = `# Chaos

Written by \`npm run chaos -- --write\`. Back-offs and ages are those of \`infra/subscriptions.json\` and of the functions'
defaults divided by 100, counts are kept; a fifth of all operations of registries and buckets fails, a function is killed
every few seconds, one customer is down at first, one has revoked access, one refuses to move tags and one has no referrers
API. Half of the releases are images, the others templates and objects. Google's emulator has two deliveries of a
subscription on their way at most and delivers again after a second; the embedded broker has up to 64, and the back-offs.`;
const HELP = `npm run chaos -- [--seed N] [--pushes N] [--customers N] [--minutes N] [--embedded] [--write]

Lets registries, buckets, Pub/Sub and functions fail at once, and compares what is at the targets afterwards with what must be
there. Behind Google's emulator where the machine has it, which has two deliveries of a subscription on their way at most;
--embedded: behind the embedded broker, with many. --write keeps the figures in ${RESULTS}.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 100_000) },
      pushes: { type: 'string', default: '200' },
      customers: { type: 'string', default: '10' },
      minutes: { type: 'string', default: '18' },
      embedded: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const seed = Number(values.seed);
  const hasEmulator =
    !values.embedded && findTool('java') !== undefined && findTool('pubsub-emulator') !== undefined;
  const emulator = hasEmulator ? await startPubSubEmulator() : undefined;
  const behind = emulator ? "Google's Pub/Sub emulator" : 'the embedded broker';
  say(`seed ${seed}, behind ${behind}; again with: npm run chaos -- --seed ${seed}`);
  try {
    const report = await runChaos({
      root: process.cwd(),
      seed,
      pushes: Number(values.pushes),
      customers: Number(values.customers),
      faults: 0.2,
      processes: { 'plan-copies': 2, 'copy-artifact': 3 },
      killEveryMs: 5000,
      outageMs: 30_000,
      pauseMs: 500,
      timeoutMs: Number(values.minutes) * 60_000,
      emulator: emulator?.address,
      onProgress: say,
    });
    const table = renderReport(report);
    process.stdout.write(`\n${table}\n`);
    if (values.write) await writeFile(RESULTS, await page(behind, table));
    if (report.problems.length > 0) process.exitCode = 1;
  } finally {
    await emulator?.stop();
  }
}

/** The page with this run's section in place of the one of the same kind. */
async function page(behind: string, table: string): Promise<string> {
  const machine = `${availableParallelism()} cores, Node ${process.versions.node}`;
  const date = new Date().toISOString().slice(0, 10);
  const own = `Behind ${behind}\n\nOn ${machine}, ${date}.\n\n${table}`;
  const known = await readFile(RESULTS, 'utf8').catch(() => '');
  const others = known.split('\n## ').slice(1);
  const sections = [own, ...others.filter((section) => !section.startsWith(`Behind ${behind}\n`))];
  return (
    [INTRODUCTION, ...sections.sort().map((section) => section.trimEnd())].join('\n\n## ') + '\n'
  );
}

main().catch((error: unknown) => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});
