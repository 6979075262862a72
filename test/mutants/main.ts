import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Plugin } from 'esbuild';
import { bundleWorker } from '../simulation/bundle';
import { startCrew } from '../simulation/crew';
import { MUTANTS } from './all';
import type { Mutant } from './mutant';
import { openProduct, type MutatedFile } from './product';

const HELP = `npm run mutants -- [--seeds N] [WORD...]

Puts one mistake after another into the product and simulates until the simulation finds it: a test of the simulation. Fails
when a mistake is not found, or when what is to be changed is not there any more. WORD: only those whose names hold it.

  --seeds N   within so many schedules; default 500
`;
const ROOT = process.cwd();
const FOLDER = join(__dirname, 'bundles');

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: '500' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const wanted = MUTANTS.filter(({ name }) => positionals.every((word) => name.includes(word)));
  const product = openProduct(ROOT);
  const mutated = wanted.map((mutant) => ({ mutant, file: product.mutate(mutant) }));
  const survivors: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let one = mutated[next++]; one; one = mutated[next++]) {
      const { mutant, file } = one;
      const found = await seedsUntilFound(mutant, file, Number(values.seeds));
      if (found === undefined) survivors.push(mutant.name);
      const how = found === undefined ? `NOT FOUND in ${values.seeds}` : `found after ${found}`;
      process.stdout.write(
        `${how.padEnd(18)} ${mutant.breaks.padEnd(14)} ${mutant.name} (${file.path})\n`,
      );
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  process.stdout.write(`${wanted.length - survivors.length} of ${wanted.length} mutants found\n`);
  if (survivors.length > 0) process.exitCode = 1;
}

/** After how many schedules what is to break was seen broken. */
async function seedsUntilFound(
  { breaks }: Mutant,
  file: MutatedFile,
  count: number,
): Promise<number | undefined> {
  const script = await bundle(file);
  const crew = startCrew(script, 1);
  let found: number | undefined;
  try {
    await crew.run({ from: 1, count }, ({ seed, violations }) => {
      if (!violations.some(({ invariant }) => invariant === breaks)) return undefined;
      found = seed;
      return 'stop';
    });
  } finally {
    crew.close();
    await rm(script);
  }
  return found;
}

let bundles = 0;

/** The simulation with that one file of the product. */
async function bundle({ path, source }: MutatedFile): Promise<string> {
  const outfile = join(FOLDER, `${++bundles}.js`);
  const swap: Plugin = {
    name: 'mutant',
    setup: (bundling) =>
      bundling.onLoad({ filter: /\.ts$/ }, (args) =>
        args.path === join(ROOT, path) ? { contents: source, loader: 'ts' } : undefined,
      ),
  };
  await bundleWorker(ROOT, outfile, [swap]);
  return outfile;
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
