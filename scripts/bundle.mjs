// Bundles what Google runs, the command line and the local stack into dist/; `bundle.mjs functions` the first alone, for
// Google's build, which gets no more than that (.gcloudignore). npm puts node_modules/.bin first in PATH, and so the Node that is a
// development dependency; `gcp-build` runs the Node that runs npm, the runtime's, because a compile cache serves one version of Node.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { bundleFunction } from './bundle-function.mjs';

const wanted = process.argv[2] === undefined ? ['functions', 'cli', 'local'] : [process.argv[2]];
for (const folder of wanted) rmSync(`dist/${folder}`, { recursive: true, force: true });

const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  logLevel: 'warning',
  // Google's packages find their own files (protos, versions) and the framework must be the one that serves.
  external: ['@google-cloud/*', 'google-auth-library', '@grpc/*'],
};

// A cold start reads only what it runs: a file for each function, and one for the HTTP client, two thirds of it all, which
// planCopies seldom needs.
const deployed = {
  ...common,
  // Names stay: to give each function its own back, one by one, takes a quarter of the time in which all of it is loaded.
  minifyWhitespace: true,
  minifySyntax: true,
  plugins: [{ name: 'files-apart', setup: keepApart }],
};

/** The page of `relay status` is text to those who send it. */
const page = { '.html': 'text', '.css': 'text', '.page.js': 'text' };

const bundles = {
  functions: {
    ...deployed,
    entryPoints: {
      index: 'functions/index.ts',
      compile: 'functions/compile.ts',
      undici: 'node_modules/undici/index.js',
    },
    outdir: 'dist/functions',
  },
  cli: {
    ...common,
    entryPoints: { index: 'cli/index.ts' },
    loader: page,
    outdir: 'dist/cli',
    banner: { js: '#!/usr/bin/env node' },
  },
  local: {
    ...common,
    entryPoints: {
      start: 'local/start.ts',
      registry: 'local/servers/registry/main.ts',
      loopback: 'local/stack/loopback-preload.ts',
    },
    loader: page,
    outdir: 'dist/local',
  },
};

/** Each function, with what is imported dynamically, but by most of what it does: a cold start reads that, too. */
const EARLY = { 'plan-copies': [], 'copy-artifact': ['image-copy'], reconcile: [], promote: [] };
const functions = wanted.includes('functions') ? Object.entries(EARLY) : [];
await Promise.all([
  ...wanted.map((name) => build(bundles[name])),
  ...functions.map(([name, early]) => bundleFunction(name, { ...deployed, early })),
]);
// npm makes a command executable once, when it links it, and not after the next build.
if (wanted.includes('cli')) chmodSync('dist/cli/index.js', 0o755);
if (wanted.includes('functions')) compileFunctions();

/** Google's build of the package does the same (scripts/package.mjs). */
function compileFunctions() {
  rmSync('dist/compile-cache', { recursive: true, force: true });
  execFileSync(process.execPath, ['dist/functions/compile.js'], { stdio: 'inherit' });
}

function keepApart(plugin) {
  plugin.onResolve({ filter: /^\.\/[a-z-]+\/index\.js$/ }, ({ path, importer }) =>
    /functions\/index\.ts$/.test(importer) ? { path, external: true } : undefined,
  );
  plugin.onResolve({ filter: /^undici$/ }, () => ({ path: '../undici.js', external: true }));
}
