import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Bundles the worker process of the simulation, and with it the product, below `root`, into `outfile`. */
export async function bundleWorker(
  root: string,
  outfile: string,
  plugins: Plugin[] = [],
): Promise<void> {
  await build({
    entryPoints: [join(root, 'test/simulation/worker.ts')],
    bundle: true,
    platform: 'node',
    packages: 'external',
    outfile,
    logLevel: 'warning',
    plugins,
  });
}
