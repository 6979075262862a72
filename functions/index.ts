import { cloudEvent } from '@google-cloud/functions-framework';

type Handler = (event: unknown) => Promise<string>;

/** What each folder exports; loading it reads its configuration. */
const roots: Readonly<Record<string, () => Handler>> = {
  planCopies: () => (require('./plan-copies') as typeof import('./plan-copies')).planCopies,
  copyArtifact: () => (require('./copy-artifact') as typeof import('./copy-artifact')).copyArtifact,
};

for (const [name, load] of Object.entries(roots)) {
  // Exactly one parameter: with two the framework expects a callback and the request would never be answered.
  cloudEvent(name, (event) => load()(event));
}

// The function that is served is configured now, so that a wrong configuration does not start; the others never are.
roots[servedFunction() ?? '']?.();

function servedFunction(): string | undefined {
  const { argv, env } = process;
  const flag = argv.findIndex((argument) => /^--target(=|$)/.test(argument));
  const given = argv[flag]?.split('=')[1] ?? (flag < 0 ? undefined : argv[flag + 1]);
  return given ?? env['FUNCTION_TARGET'];
}
