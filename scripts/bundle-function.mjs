// Bundles one function into dist/functions/NAME: index.js is all that a cold start reads, and what is imported dynamically has a
// file of its own. What both need is in index.js alone, where the other takes it: an error class that is there twice is two.
import { basename } from 'node:path';
import { build } from 'esbuild';

/** `options` are esbuild's for all functions; `early` names modules that are in index.js although they are imported dynamically. */
export async function bundleFunction(name, { early, ...options }) {
  const outdir = `dist/functions/${name}`;
  const parts = await splitFunction({
    ...options,
    entryPoints: [`functions/${name}/index.ts`],
    outdir,
  });
  for (const file of parts.keys()) {
    if (early.includes(file.replace(/-\w+\.js$/, ''))) markEarly(parts, file);
  }
  const later = [...parts].filter(([, { isEarly }]) => !isEarly).map(([file]) => file);
  await build({
    ...options,
    entryPoints: {
      index: WHOLE,
      ...Object.fromEntries(later.map((file) => [basename(file, '.js'), file])),
    },
    outdir,
    plugins: [{ name: 'parts', setup: (plugin) => joinParts(plugin, parts) }],
  });
}

/** The entry point of index.js: its part, and all that it shares. */
const WHOLE = 'whole';

/**
 * The modules of a function, by file: what is loaded together is one part. esbuild splits ECMAScript modules alone, and what
 * parts share are parts again, which are too many files for a cold start.
 */
async function splitFunction(options) {
  const { outputFiles, metafile } = await build({
    ...options,
    format: 'esm',
    splitting: true,
    write: false,
    metafile: true,
  });
  const imported = Object.entries(metafile.outputs).map(([path, { imports }]) => [
    basename(path),
    imports.filter(({ kind, external }) => kind === 'import-statement' && !external),
  ]);
  const parts = new Map(
    imported.map(([file, imports]) => [
      file,
      {
        text: outputFiles.find(({ path }) => basename(path) === file).text,
        needs: imports.map(({ path }) => basename(path)),
        isEarly: false,
      },
    ]),
  );
  markEarly(parts, 'index.js');
  return parts;
}

function markEarly(parts, file) {
  const part = parts.get(file);
  if (part.isEarly) return;
  part.isEarly = true;
  for (const needed of part.needs) markEarly(parts, needed);
}

function joinParts(plugin, parts) {
  const keyOf = (file) => basename(file, '.js').replaceAll('-', '_');
  const shared = [...parts]
    .filter(([file, { isEarly }]) => isEarly && file !== 'index.js')
    .map(([file]) => `export * as ${keyOf(file)} from "./${file}";`);
  const whole = ['export * from "./index.js";', ...shared].join('\n');

  plugin.onResolve({ filter: /./ }, ({ path, importer, kind, namespace }) => {
    if (kind === 'entry-point') return { path, namespace: 'part' };
    const file = path.replace(/^\.\//, '');
    if (namespace === 'taken' || !parts.get(file)?.isEarly) return { path, external: true };
    const isWithin = importer === WHOLE || parts.get(importer).isEarly;
    return { path: file, namespace: isWithin ? 'part' : 'taken' };
  });
  plugin.onLoad({ filter: /./, namespace: 'part' }, ({ path }) => ({
    contents: path === WHOLE ? whole : parts.get(path).text,
  }));
  plugin.onLoad({ filter: /./, namespace: 'taken' }, ({ path }) => ({
    contents: `module.exports = require("./index.js").${keyOf(path)};`,
  }));
}
