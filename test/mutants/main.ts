import { readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleWorker } from '../simulation/bundle';
import { seedsFrom } from '../simulation/crew';
import { MUTANTS } from './all';
import type { Mutant } from './mutant';
import { openProduct } from './product';
import { openSearch, type Search } from './search';

const HELP = `npm run mutants -- [--seeds N] [--fresh] [--write] [WORD...]

Puts one mistake after another into the product and simulates until the simulation finds it: a test of the simulation. Fails
when none of the first 500 seeds finds a mistake, or when what is to be changed is not there any more. The seed that found it
before (test/mutants/seeds.json) is tried first, then all of them from 1 on. WORD: only those whose names hold it.

  --seeds N   among so many seeds; default 500
  --fresh     forget what found it before
  --write     keep what finds it now
`;
const ROOT = process.cwd();
const SEEDS = join(ROOT, 'test/mutants/seeds.json');

/** The seed that found a mutant before, by the mutant's name. */
type Known = Readonly<Record<string, number>>;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: '500' },
      fresh: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const wanted = MUTANTS.filter(({ name }) => positionals.every((word) => name.includes(word)));
  const known = JSON.parse(await readFile(SEEDS, 'utf8')) as Known;
  const found = await findAll(wanted, values.fresh ? {} : known, Number(values.seeds));
  process.stdout.write(`${Object.keys(found).length} of ${wanted.length} mutants found\n`);
  if (Object.keys(found).length < wanted.length) process.exitCode = 1;
  if (values.write) await keep({ ...known, ...found });
}

async function findAll(mutants: readonly Mutant[], known: Known, seeds: number): Promise<Known> {
  const product = openProduct(ROOT);
  const mutated = mutants.map((mutant) => ({ mutant, file: product.mutate(mutant) }));
  const worker = join(__dirname, 'worker.js');
  await bundleWorker(ROOT, worker);
  const found: Record<string, number> = {};
  let next = 0;
  const work = async (search: Search): Promise<void> => {
    for (let one = mutated[next++]; one; one = mutated[next++]) {
      const { mutant, file } = one;
      const end = await search.find(mutant, file, seedsFor(known[mutant.name], seeds));
      if (end) found[mutant.name] = end.seed;
      const how = end ? `seed ${end.seed}, ${end.tried} tried` : `NOT FOUND in ${seeds}`;
      const { breaks, name } = mutant;
      process.stdout.write(`${how.padEnd(22)} ${breaks.padEnd(14)} ${name} (${file.path})\n`);
    }
  };
  const folder = join(__dirname, `bundles-${process.pid}`);
  const lanes = Array.from(
    { length: Math.min(availableParallelism(), mutants.length) },
    async () => {
      const search = await openSearch(ROOT, worker, folder);
      await work(search).finally(search.close);
    },
  );
  await Promise.all(lanes).finally(() => rm(folder, { recursive: true, force: true }));
  return found;
}

/** The first `count`, and before them the one that is known, if it is one of these. */
function* seedsFor(known: number | undefined, count: number): Generator<number> {
  if (known !== undefined && known <= count) yield known;
  for (const seed of seedsFrom(1, count)) if (seed !== known) yield seed;
}

/** In the order of the mutants, without those that are no more. */
async function keep(found: Known): Promise<void> {
  const kept = MUTANTS.flatMap(({ name }) =>
    name in found ? [[name, found[name]!] as const] : [],
  );
  await writeFile(SEEDS, `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
