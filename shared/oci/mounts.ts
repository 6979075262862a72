import type { Digest } from './digest';
import type { RepositoryName } from './reference';
import type { Mount } from './repository';

/**
 * What is known about how registries take mounts, so that an offer that never helps is not made again. The existence
 * question is a mount as well: from the target repository itself.
 */
export interface MountMemory {
  /** False once it is known that this registry refuses or ignores a mount of a repository from itself. */
  canAskByMount(target: RepositoryName): boolean;
  cannotAskByMount(target: RepositoryName): void;
  /** The repository has had this blob for sure: a registry that opens an upload for it ignores the question. */
  has(target: RepositoryName, digest: Digest): boolean;
  stored(target: RepositoryName, digest: Digest): void;
  /** The offer, if it is worth making. */
  worthOffering(target: RepositoryName, offer: Mount | undefined): Mount | undefined;
  /** What came of it; any object is an upload session. */
  offered(target: RepositoryName, offer: Mount, answer: 'present' | 'refused' | object): void;
}

/** Offers between two hosts that must all fail before they stop. */
const FAIR_CHANCE = 20;
const MAX_REFUSALS = 10_000;
const MAX_STORED = 10_000;

export function createMountMemory(): MountMemory {
  const unaskable = new Set<string>();
  const blobs = new Set<string>();
  const refusals = new Set<string>();
  const rates = new Map<string, { offers: number; mounted: number }>();

  const offerKey = ({ registry, repository }: RepositoryName, { origin = '', from }: Mount) =>
    [origin, from, registry, repository].join(' ');
  const blobKey = ({ registry, repository }: RepositoryName, digest: Digest) =>
    [registry, repository, digest].join(' ');
  const pairKey = ({ registry }: RepositoryName, origin: string) => `${origin} ${registry}`;

  return {
    canAskByMount: ({ registry }) => !unaskable.has(registry),
    cannotAskByMount: ({ registry }) => void unaskable.add(registry),

    has: (target, digest) => blobs.has(blobKey(target, digest)),
    stored(target, digest) {
      if (blobs.size >= MAX_STORED) blobs.clear();
      blobs.add(blobKey(target, digest));
    },

    worthOffering(target, offer) {
      if (offer === undefined || refusals.has(offerKey(target, offer))) return undefined;
      if (offer.origin === undefined) return offer;
      const rate = rates.get(pairKey(target, offer.origin));
      const isUseless = rate !== undefined && rate.mounted === 0 && rate.offers >= FAIR_CHANCE;
      return isUseless ? undefined : offer;
    },

    offered(target, offer, answer) {
      if (answer === 'refused') {
        if (refusals.size >= MAX_REFUSALS) refusals.clear();
        refusals.add(offerKey(target, offer));
      }
      if (offer.origin === undefined) return;
      const key = pairKey(target, offer.origin);
      const rate = rates.get(key) ?? { offers: 0, mounted: 0 };
      rate.offers += 1;
      if (answer === 'present') rate.mounted += 1;
      rates.set(key, rate);
    },
  };
}
