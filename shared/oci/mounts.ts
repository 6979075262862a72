import type { Digest } from './digest';
import type { Clock } from '../system/clock';
import { isGoogleRegistry, type RepositoryName } from './reference';
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
  /** What came of it; any object is an upload session. `denied`: the account may not read what was offered. */
  offered(target: RepositoryName, offer: Mount, answer: MountAnswer): void;
  /**
   * The answer to the first of such offers, while it is pending and nothing is known of them. An account that may be
   * denied waits for it, so that it is not denied once for each blob.
   */
  firstAnswer(target: RepositoryName, offer: Mount | undefined): Promise<unknown> | undefined;
  /** An offer is under way, the first of such offers if nothing is known of them. */
  offering(target: RepositoryName, offer: Mount, answered: Promise<unknown>): void;
}

export type MountAnswer = 'present' | 'refused' | 'denied' | object;

/** Offers between two hosts that must all fail before they stop. */
const FAIR_CHANCE = 20;
const MAX_REFUSALS = 10_000;
const MAX_STORED = 10_000;

/** Access may be granted meanwhile: after this long, one offer tries again. */
const DENIED_MS = 60 * 60_000;

export function createMountMemory(clock: Pick<Clock, 'monotonic'>): MountMemory {
  const unaskable = new Set<string>();
  const blobs = new Set<string>();
  const refusals = new Set<string>();
  const denials = createDenials(clock);
  const rates = new Map<string, { offers: number; mounted: number }>();
  const known = new Set<string>();
  const pending = new Map<string, Promise<unknown>>();

  const offerKey = ({ registry, repository }: RepositoryName, { origin = '', from }: Mount) =>
    [origin, from, registry, repository].join(' ');
  /** What is granted for the whole of a repository of Google's is granted for each image in it. */
  const accessKey = (target: RepositoryName, { origin = target.registry, from }: Mount) =>
    [...repositoryOf({ registry: origin, repository: from }), ...repositoryOf(target)].join(' ');
  const remember = (keys: Set<string>, key: string): void => {
    if (keys.size >= MAX_REFUSALS) keys.clear();
    keys.add(key);
  };
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
      if (denials.holds(accessKey(target, offer))) return undefined;
      if (offer.origin === undefined) return offer;
      const rate = rates.get(pairKey(target, offer.origin));
      const isUseless = rate !== undefined && rate.mounted === 0 && rate.offers >= FAIR_CHANCE;
      return isUseless ? undefined : offer;
    },

    offered(target, offer, answer) {
      if (answer === 'refused') remember(refusals, offerKey(target, offer));
      const key = accessKey(target, offer);
      if (answer === 'denied') denials.add(key);
      // After a denial the next offer is the first again, whose answer the others wait for.
      if (answer === 'denied') known.delete(key);
      else remember(known, key);
      if (offer.origin === undefined) return;
      const pair = pairKey(target, offer.origin);
      const rate = rates.get(pair) ?? { offers: 0, mounted: 0 };
      rate.offers += 1;
      if (answer === 'present') rate.mounted += 1;
      rates.set(pair, rate);
    },

    firstAnswer: (target, offer) => offer && pending.get(accessKey(target, offer)),

    offering(target, offer, answered) {
      const key = accessKey(target, offer);
      if (known.has(key) || pending.has(key)) return;
      const ended = answered.catch(() => undefined).finally(() => pending.delete(key));
      pending.set(key, ended);
    },
  };
}

interface Denials {
  readonly holds: (key: string) => boolean;
  readonly add: (key: string) => void;
}

function createDenials(clock: Pick<Clock, 'monotonic'>): Denials {
  const ends = new Map<string, number>();
  return {
    holds: (key) => (ends.get(key) ?? -Infinity) > clock.monotonic(),
    add(key) {
      if (ends.size >= MAX_REFUSALS) ends.clear();
      ends.set(key, clock.monotonic() + DENIED_MS);
    },
  };
}

/** Where access is granted: `us-docker.pkg.dev/project/repository`, `gcr.io/project`; elsewhere for each repository. */
function repositoryOf({ registry, repository }: RepositoryName): string[] {
  if (!isGoogleRegistry(registry)) return [registry, repository];
  const components = repository.split('/');
  // A domain-scoped project, `example.com:vendor`, is written with a slash.
  const project = components[0]?.includes('.') === true ? 2 : 1;
  return [registry, ...components.slice(0, registry.endsWith('pkg.dev') ? project + 1 : project)];
}
