import type { KeyObject } from 'node:crypto';
import pLimit from 'p-limit';
import { selectedDigest } from '../shared/kinds/image/platforms/selection';
import { readReceipts, type FoundReceipt } from '../shared/kinds/image/receipts/receipts';
import type { RegistryClient } from '../shared/oci/client';
import type { Digest } from '../shared/oci/digest';
import { formatPlatform } from '../shared/oci/platform';
import { formatReference, type Reference } from '../shared/oci/reference';
import type { Copy } from '../shared/rules/match';
import { byName } from '../shared/text/names';
import { CommandFailure } from './terminal';
import { failureFrom } from './failure-from';

/** What is known of a release at one target. */
export interface Evidence {
  readonly target: string;
  readonly rule: string;
  readonly destination: string;
  /** `stale`: the target's tag holds something else. */
  readonly state: 'current' | 'stale' | 'missing' | 'unreachable';
  readonly held?: Digest;
  /** When it was delivered first, by the receipts that are verified. ISO 8601. */
  readonly since?: string;
  readonly receipts: readonly FoundReceipt[];
  /** Whether the target gets receipts (`receipts: true`). */
  readonly wantsReceipts: boolean;
  /** Why it could not be asked. */
  readonly error?: string;
}

const TARGETS_AT_ONCE = 16;

/** The release, and how its receipts are verified. */
export interface Asked {
  readonly image: Reference;
  /** At the source. */
  readonly digest: Digest;
  readonly keys: readonly KeyObject[];
}

/** Asks every target, some at once. What fails is in what is found. */
export async function examine(
  registries: RegistryClient,
  copies: readonly Copy<'image'>[],
  asked: Asked,
): Promise<Evidence[]> {
  const limit = pLimit(TARGETS_AT_ONCE);
  const wanted = rememberSelected(registries, asked);
  return Promise.all(
    copies.map((copy) => limit(() => examineTarget(registries, copy, { ...asked, wanted }))),
  );
}

type WantedAt = (copy: Copy<'image'>) => Promise<Digest | undefined>;

/** What a target is to hold, asked once for each choice of platforms. */
function rememberSelected(registries: RegistryClient, { image, digest }: Asked): WantedAt {
  const known = new Map<string, Promise<Digest | undefined>>();
  return ({ rule: { platforms } }) => {
    if (platforms === undefined) return Promise.resolve(digest);
    const name = platforms.map(formatPlatform).join();
    const selected =
      known.get(name) ??
      selectedDigest(registries.open(image, { access: 'pull' }), digest, platforms);
    known.set(name, selected);
    return selected;
  };
}

async function examineTarget(
  registries: RegistryClient,
  copy: Copy<'image'>,
  { digest, keys, wanted }: Asked & { readonly wanted: WantedAt },
): Promise<Evidence> {
  const { target, rule } = copy;
  const destination = formatReference(copy.destination);
  const about = { target: target.name, rule: rule.name, destination };
  const { impersonate: identity } = target;
  const options = { access: 'pull', identity } as const;
  const repository = registries.open(copy.destination, options);
  const wantsReceipts = target.receipts;
  try {
    const held = (await repository.headManifest(copy.destination.tag ?? ''))?.digest;
    if (held === undefined) return { ...about, wantsReceipts, state: 'missing', receipts: [] };
    const receipts = await readReceipts(repository, { destination, digest: held, keys });
    const [first] = receipts.flatMap((one) => (one.verified ? [one.says] : []));
    const isRight = first?.sourceDigest === digest || held === (await wanted(copy));
    return {
      ...about,
      wantsReceipts,
      state: isRight ? 'current' : 'stale',
      held,
      since: first?.deliveredAt,
      receipts,
    };
  } catch (error) {
    const failure = failureFrom(error);
    if (!(failure instanceof CommandFailure)) throw error;
    return { ...about, wantsReceipts, state: 'unreachable', receipts: [], error: failure.message };
  }
}

const WORST_FIRST: readonly Evidence['state'][] = ['unreachable', 'missing', 'stale', 'current'];

/** The worst first, then by target. */
export function byUrgency(a: Evidence, b: Evidence): number {
  const rank = (one: Evidence): number => WORST_FIRST.indexOf(one.state);
  return (
    Number(needsAttention(b)) - Number(needsAttention(a)) ||
    rank(a) - rank(b) ||
    byName(a.target, b.target)
  );
}

/** Whether it needs attention. */
export function needsAttention({ state, receipts, wantsReceipts }: Evidence): boolean {
  if (state === 'unreachable') return true;
  return state === 'current' && wantsReceipts && !receipts.some(({ verified }) => verified);
}
