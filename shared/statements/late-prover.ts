import type { Prove } from './proof';

/**
 * {@link Prove}, made once for a process. The code that verifies is loaded by the first call, so that it costs no cold
 * start.
 */
export function createLateProver(): Prove {
  let loaded: Promise<Prove> | undefined;
  const load = async (): Promise<Prove> => {
    const { createProver } = await import('./prove.js');
    return createProver();
  };
  return async (request) => (await (loaded ??= load()))(request);
}
