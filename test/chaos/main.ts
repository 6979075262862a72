import { parseArgs } from 'node:util';
import { startPubSubEmulator } from '../interop/servers';
import { findTool } from '../interop/tools';
import { renderReport } from './report';
import { runChaos } from './run';

const HELP = `npm run chaos -- [--seed N] [--pushes N] [--customers N] [--minutes N] [--embedded]

Lets registries, buckets, Pub/Sub and functions fail at once, and compares what every target holds afterwards with the source: a
fifth of all operations fails, a function is killed every few seconds, one customer is down at first. Back-offs and ages are those
of production divided by 100. Behind Google's emulator if the machine has it, which has two deliveries of a subscription on their
way at most; --embedded: behind the embedded broker, with up to 64.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 100_000) },
      pushes: { type: 'string', default: '200' },
      customers: { type: 'string', default: '10' },
      minutes: { type: 'string', default: '18' },
      embedded: { type: 'boolean', default: false },
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
    process.stdout.write(`\n${renderReport(report)}\n`);
    if (report.problems.length > 0) process.exitCode = 1;
  } finally {
    await emulator?.stop();
  }
}

main().catch((error: unknown) => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});
