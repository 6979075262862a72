import type { Mount } from './repository';

/**
 * What is known about how registries take mounts, so that an offer that never helps is not made again. The existence
 * question is a mount as well: from the target repository itself.
 */
export interface MountMemory {
  /** False once this registry has refused a mount of a repository from itself. */
  canAskByMount(registry: string): boolean;
  refusesToAsk(registry: string): void;
  /** The mount if it is worth offering to `target`. */
  worthOffering(target: string, mount: Mount | undefined): Mount | undefined;
  outcome(target: string, mount: Mount, outcome: 'mounted' | 'upload' | 'refused'): void;
}

/** Offers between two Google hosts that must all fail before they stop. */
const FAIR_CHANCE = 20;
const MAX_REMEMBERED = 10_000;

/** `target` is `registry/repository`; offers across hosts are judged by the pair of hosts. */
export function createMountMemory(): MountMemory {
  const dislikesAsking = new Set<string>();
  const refused = new Set<string>();
  const rates = new Map<string, { offered: number; mounted: number }>();
  const pairOf = (target: string, origin: string) => `${origin} ${target.split('/', 1).join('')}`;
  const offerOf = (target: string, { origin = '', from }: Mount) => `${origin} ${from} ${target}`;
  return {
    canAskByMount: (registry) => !dislikesAsking.has(registry),
    refusesToAsk: (registry) => void dislikesAsking.add(registry),
    worthOffering(target, mount) {
      if (mount === undefined || refused.has(offerOf(target, mount))) return undefined;
      const rate = mount.origin === undefined ? undefined : rates.get(pairOf(target, mount.origin));
      const isUseless = rate !== undefined && rate.mounted === 0 && rate.offered >= FAIR_CHANCE;
      return isUseless ? undefined : mount;
    },
    outcome(target, mount, outcome) {
      if (outcome === 'refused') {
        if (refused.size >= MAX_REMEMBERED) refused.clear();
        refused.add(offerOf(target, mount));
      }
      if (mount.origin === undefined) return;
      const pair = pairOf(target, mount.origin);
      const { offered, mounted } = rates.get(pair) ?? { offered: 0, mounted: 0 };
      rates.set(pair, {
        offered: offered + 1,
        mounted: mounted + (outcome === 'mounted' ? 1 : 0),
      });
    },
  };
}
