import type { Effect } from '../../local/servers/registry/faults/fault';
import type { Faults } from '../../local/servers/registry/faults/faults';

/** What registries, proxies and networks do on a bad day; none of it says that trying again is no use. */
export const EFFECTS: readonly Effect[] = [
  { answer: { status: 503 } },
  { answer: { status: 500, body: '<html>oops</html>' } },
  { answer: { status: 429, errors: [{ code: 'TOOMANYREQUESTS' }], late: true } },
  { dropAnswer: true },
  { cutRequestAfter: 100 },
  { cutAfter: 100 },
  { delayMs: 100 },
];

/** Where the bytes are what is copied, their digest tells. */
export const EFFECTS_ON_CONTENT: readonly Effect[] = [...EFFECTS, { corruptAt: 50 }];

export interface Trouble<K extends string> {
  readonly operations: readonly K[];
  readonly effects: readonly Effect[];
  readonly share: number;
  readonly seed: number;
}

/** Meets a share of the operations with all effects in turn; the returned function tells how many were met. */
export function trouble<K extends string>(
  faults: Faults<K>,
  { operations, effects, share, seed }: Trouble<K>,
): () => number {
  const set = effects.map((effect, at) =>
    faults.add({
      ...effect,
      on: operations,
      // Each is asked only about what those before it let pass.
      fraction: share / effects.length / (1 - (share * at) / effects.length),
      seed: seed + at,
    }),
  );
  return () => set.reduce((sum, { hits }) => sum + hits(), 0);
}

/**
 * Fails everything at a customer until the returned function is called. To be set before other faults, the first of which
 * decides: one that only delays would let a request through.
 */
export function outage<K extends string>(
  faults: Faults<K>,
  place: { readonly on: readonly K[]; readonly repository?: string },
): () => void {
  return faults.add({ ...place, answer: { status: 503 }, times: Infinity }).remove;
}
