import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './mutant';

/** One file of the product, as the mutant has it. */
export interface MutatedFile {
  /** Relative to the root: `shared/copy/tag.ts`. */
  readonly path: string;
  readonly source: string;
}

/** Applies mutants to the source of `functions` and `shared` below `root`. */
export function openProduct(root: string): { readonly mutate: (mutant: Mutant) => MutatedFile } {
  const files = ['functions', 'shared'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => {
        const path = join(folder, file);
        return { path, source: readFileSync(join(root, path), 'utf8') };
      }),
  );
  return {
    /** @throws {Error} unless the snippet stands exactly once in the product. */
    mutate({ name, snippet, replacement }) {
      const places = files.flatMap(({ path, source }) =>
        Array.from({ length: source.split(snippet).length - 1 }, () => path),
      );
      const [path] = places;
      if (path === undefined || places.length > 1) {
        const where = path === undefined ? 'nowhere' : `in ${places.join(', ')}`;
        throw new Error(`the snippet of the mutant "${name}" stands ${where}:\n${snippet}`);
      }
      const { source } = files.find((file) => file.path === path)!;
      return { path, source: source.replace(snippet, () => replacement) };
    },
  };
}
