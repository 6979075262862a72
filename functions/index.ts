import { cloudEvent } from '@google-cloud/functions-framework';
import type { Domain } from 'node:domain';
import { useCompileCache, type CompileCache } from './compile-cache';

type Handler = (event: unknown) => Promise<string>;

/** Loading a function's folder reads its configuration; the folders of the others stay unread. */
const roots: Readonly<Record<string, () => Promise<Handler>>> = {
  planCopies: async () => (await import('./plan-copies/index.js')).planCopies,
  copyArtifact: async () => (await import('./copy-artifact/index.js')).copyArtifact,
  reconcile: async () => (await import('./reconcile/index.js')).reconcile,
  promote: async () => (await import('./promote/index.js')).promote,
};

for (const [name, load] of Object.entries(roots)) {
  // Exactly one parameter: with two the framework expects a callback and the request would never be answered.
  cloudEvent(name, async (event: unknown) => {
    leaveDomain();
    return (await load())(event);
  });
}

const served = servedFunction() ?? '';
if (served !== '') logCompileCache(useCompileCache());
// The function that is served is configured now: with a wrong configuration the process ends instead of serving.
roots[served]?.().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

/**
 * The framework runs each request in a domain, which is entered and left for every chunk of every socket that belongs to it: a
 * fifth of the CPU time of a large copy. Outside, an uncaught error ends the process (and Pub/Sub delivers again)
 * instead of answering for work that still goes on.
 */
function leaveDomain(): void {
  const { domain } = process as { readonly domain?: Domain | null };
  domain?.exit();
}

/** One line for each cold start, in the form of the functions' own log (log.ts), which is not loaded yet. */
function logCompileCache({ found, directory }: CompileCache): void {
  const severity = found ? 'INFO' : 'WARNING';
  const message = found ? 'Compile cache found' : 'Compile cache not found';
  const line = JSON.stringify({ severity, message, node: process.version, directory });
  process.stdout.write(`${line}\n`);
}

function servedFunction(): string | undefined {
  const { argv, env } = process;
  const flag = argv.findIndex((argument) => /^--target(=|$)/.test(argument));
  const given = argv[flag]?.split('=')[1] ?? (flag < 0 ? undefined : argv[flag + 1]);
  return given ?? env['FUNCTION_TARGET'];
}
