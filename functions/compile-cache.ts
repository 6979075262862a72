import * as modules from 'node:module';
import { join } from 'node:path';

/** Beside `dist/functions`, where the build has written it; its entries hold for one version of Node and one place. */
const FOLDER = join(__dirname, '..', 'compile-cache');

/**
 * What is loaded from now on is not compiled again where the build has compiled it: a quarter of the time that planCopies
 * takes to load. Without the folder, or where it cannot be read, code is compiled as usual.
 */
export function useCompileCache(): void {
  // Node 20 has none.
  if ('enableCompileCache' in modules) modules.enableCompileCache(FOLDER);
}
