import { join } from 'node:path';
import { build, type BuildOptions } from 'esbuild';

/** How a file of `test/simulation`, and with it the product, below `root`, becomes one file that a process can run. */
export function bundling(root: string, entry: 'worker' | 'simulate'): BuildOptions {
  return {
    entryPoints: [join(root, `test/simulation/${entry}.ts`)],
    bundle: true,
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
  };
}

/** Bundles the worker process of the simulation into `outfile`. */
export async function bundleWorker(root: string, outfile: string): Promise<void> {
  await build({ ...bundling(root, 'worker'), outfile });
}
