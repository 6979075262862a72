import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchCheck } from './check';
import { benchColdStart } from './cold-start';
import { benchRoundTrips } from './copy/round-trips';
import { benchThroughput } from './copy/throughput';
import { benchFanOut } from './fan-out';
import { benchInventory } from './inventory';
import { benchIsolation } from './isolation';
import { benchManyCopies } from './many-copies';
import { benchPage } from './page';
import { benchPropagation } from './propagation';
import { startPubSub, type PubSubServer } from './pubsub';
import { benchReconcile } from './reconcile';
import { renderReport, renderSection, type Section } from './report';
import { benchRules } from './rules';

type Bench = (
  pubsub: PubSubServer,
  folder: string,
  options: { readonly against?: string },
) => Promise<Section | Section[]>;

const RESULTS = 'bench/RESULTS.md';

/**
 * `npm run bench -- rules cold-start` runs these alone, and then writes no report. `cold-start requests throughput --against
 * ../older` compares what is built there with what is built here.
 */
const BENCHES: Readonly<Record<string, Bench>> = {
  rules: benchRules,
  check: benchCheck,
  'cold-start': benchColdStart,
  'fan-out': benchFanOut,
  requests: benchRoundTrips,
  throughput: benchThroughput,
  'many-copies': benchManyCopies,
  inventory: benchInventory,
  reconcile: benchReconcile,
  page: benchPage,
  isolation: benchIsolation,
  propagation: benchPropagation,
};

async function main(args: string[]): Promise<void> {
  const { values: options, positionals: wanted } = parseArgs({
    args,
    allowPositionals: true,
    options: { against: { type: 'string' } },
  });
  const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
  if (unknown.length > 0) {
    const known = Object.keys(BENCHES).join(', ');
    throw new RangeError(`no benchmark is called ${unknown.join(' or ')}; there are ${known}`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const pubsub = await startPubSub();
  const sections: Section[] = [];
  try {
    for (const [name, bench] of Object.entries(BENCHES)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      process.stderr.write(`${name} ...\n`);
      try {
        const results = [await bench(pubsub, folder, options)].flat();
        process.stdout.write(`${results.map(renderSection).join('\n')}\n`);
        sections.push(...results);
      } catch (error) {
        process.stderr.write(`${name} failed: ${describe(error)}\n`);
        process.exitCode = 1;
      }
    }
  } finally {
    await pubsub.stop();
    await rm(folder, { recursive: true, force: true });
  }
  if (wanted.length > 0 || process.exitCode === 1) return;
  await writeFile(RESULTS, renderReport(machine(), sections));
  process.stderr.write(`Written to ${RESULTS}.\n`);
}

function machine(): string {
  return `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${describe(error)}\n`);
  process.exitCode = 1;
});
