import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { context, type Plugin } from 'esbuild';
import { bundling } from '../simulation/bundle';
import { startCrew } from '../simulation/crew';
import type { Mutant } from './mutant';
import type { MutatedFile } from './product';

/** Simulates the product with one mistake after another in it. */
export interface Search {
  /** The first of the seeds at which what is to break was seen broken, and how many were tried; `undefined`: at none. */
  readonly find: (
    mutant: Mutant,
    file: MutatedFile,
    seeds: Iterable<number>,
  ) => Promise<{ readonly seed: number; readonly tried: number } | undefined>;
  readonly close: () => Promise<void>;
}

let bundles = 0;

/**
 * On one core. What is the same in all mutants is read once, and one process loads one of them after another.
 *
 * @param root where the product is
 * @param worker test/simulation/worker.ts, bundled
 * @param folder where bundles may be written
 */
export async function openSearch(root: string, worker: string, folder: string): Promise<Search> {
  let mutated: MutatedFile | undefined;
  const swap: Plugin = {
    name: 'mutant',
    setup: (bundling) =>
      bundling.onLoad({ filter: /\.ts$/ }, ({ path }) =>
        mutated && path === join(root, mutated.path)
          ? { contents: mutated.source, loader: 'ts' }
          : undefined,
      ),
  };
  const bundler = await context({
    ...bundling(root, 'simulate'),
    write: false,
    outdir: folder,
    plugins: [swap],
  });
  const crew = startCrew(worker, 1);
  await mkdir(folder, { recursive: true });

  return {
    async find({ breaks }, file, seeds) {
      mutated = file;
      const script = join(folder, `${++bundles}.js`);
      await writeFile(script, (await bundler.rebuild()).outputFiles[0]!.contents);
      let tried = 0;
      let found: number | undefined;
      await crew.run(seeds, { script }, ({ seed, violations }) => {
        tried += 1;
        if (!violations.some(({ invariant }) => invariant === breaks)) return undefined;
        found = seed;
        return 'stop';
      });
      await rm(script);
      return found === undefined ? undefined : { seed: found, tried };
    },
    async close() {
      crew.close();
      await bundler.dispose();
    },
  };
}
