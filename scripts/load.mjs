// Loads one of the product's TypeScript files into a script, bundled in memory.
import { build } from 'esbuild';

/** The exports of a TypeScript file, named from the root of the repository. */
export async function loadTypeScript(entryPoint) {
  const { outputFiles } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
    banner: {
      js: "import { createRequire as requireIn } from 'node:module'; const require = requireIn(process.cwd() + '/');",
    },
  });
  const [{ text }] = outputFiles;
  return await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);
}
