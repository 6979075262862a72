import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchColdStart } from './cold-start';
import { benchFanOut } from './fan-out';
import { startPubSub } from './pubsub';
import { renderReport, type Section } from './report';
import { benchRules } from './rules';

const RESULTS = 'bench/RESULTS.md';

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const pubsub = await startPubSub();
  const sections: Section[] = [];
  try {
    for (const bench of [benchRules, benchColdStart, benchFanOut]) {
      sections.push(await bench(pubsub, folder));
    }
  } finally {
    await pubsub.stop();
    await rm(folder, { recursive: true, force: true });
  }
  const report = renderReport(machine(), sections);
  await writeFile(RESULTS, report);
  process.stdout.write(`${report}\nWritten to ${RESULTS}.\n`);
}

function machine(): string {
  return `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
