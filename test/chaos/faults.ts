import type { Effect } from '../../local/registry/faults/fault';
import type { Registry } from '../../local/registry/registry';
import type { Kind } from '../../local/registry/routes';

/** Every operation of a copy. */
export const OPERATIONS: readonly Kind[] = [
  'headManifest',
  'getManifest',
  'putManifest',
  'headBlob',
  'getBlob',
  'mountBlob',
  'startUpload',
  'putBlob',
  'cancelUpload',
  'listReferrers',
  'listTags',
];

/** What registries, proxies and networks do on a bad day; none of it says that trying again is no use. */
const EFFECTS: readonly Effect[] = [
  { answer: { status: 503 } },
  { answer: { status: 500, body: '<html>oops</html>' } },
  { answer: { status: 429, errors: [{ code: 'TOOMANYREQUESTS' }], late: true } },
  { dropAnswer: true },
  { cutRequestAfter: 100 },
  { cutAfter: 100 },
  { corruptAt: 50 },
  { delayMs: 100 },
];

/** Meets a share of all operations with all effects in turn; the returned function tells how many were met. */
export function troubleRegistry(registry: Registry, share: number, seed: number): () => number {
  const set = EFFECTS.map((effect, at) =>
    registry.faults.add({
      ...effect,
      on: OPERATIONS,
      // Each is asked only about what those before it let pass.
      fraction: share / EFFECTS.length / (1 - (share * at) / EFFECTS.length),
      seed: seed + at,
    }),
  );
  return () => set.reduce((sum, { hits }) => sum + hits(), 0);
}
