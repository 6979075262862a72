import type { Descriptor } from '../../oci/descriptor';
import type { Digest } from '../../oci/digest';
import { fallbackTag } from '../../oci/digest-tag';
import type { Manifest } from '../../oci/manifest';
import { isBundleType } from '../forms/bundle';
import { DSSE_ENVELOPE } from '../forms/old-forms';
import { PREDICATE_TYPE } from '../relay-statement';
import { OVERRIDE, SIGNATURE, STAGE, STAGE_TYPE } from '../requirement';
import { IN_TOTO } from '../forms/statement';

/** Something attached that may hold statements. What its labels promise chooses the order, and proves nothing. */
export type Candidate = ListedCandidate | TagCandidate;

export interface ListedCandidate {
  readonly kind: 'listed';
  readonly digest: Digest;
  /** Whether its artifactType is one of statements; `undefined`: it has none. */
  readonly isStatement: boolean | undefined;
  /** The predicateType that it says it has. */
  readonly hint: string | undefined;
  /** Once it is read. */
  readonly manifest?: Manifest;
}

/**
 * A tag next to the image, for signatures, attestations or the list of referrers. Only a request shows whether it
 * exists.
 */
export interface TagCandidate {
  readonly kind: 'signatures' | 'attestations' | 'referrers';
  readonly tag: string;
}

/** What is still looked for. */
export interface Wanted {
  /** Whether a statement of this type could help. */
  readonly type: (predicateType: string) => boolean;
  readonly signature: boolean;
  /** One of any other type. */
  readonly attestation: boolean;
  /** An override, where nothing else is enough. */
  readonly override: boolean;
  /** Whatever there is. */
  readonly all: boolean;
}

/** What cosign calls its old signatures with `--registry-referrers-mode=oci-1-1`; its attestations are IN_TOTO. */
const OLD_SIGNATURE = 'application/vnd.dev.cosign.artifact.sig.v1+json';

/** What referrers of these types hold. */
const HINTS: ReadonlyMap<string, string> = new Map([
  [OLD_SIGNATURE, SIGNATURE],
  [STAGE_TYPE, STAGE],
]);

/** The newest last, as far as they say when they were made. */
export function listedCandidates(listed: readonly Descriptor[]): readonly ListedCandidate[] {
  const created = ({ annotations }: Descriptor): string =>
    annotations?.['org.opencontainers.image.created'] ?? '';
  const order = (one: string, other: string): number => Number(one > other) - Number(one < other);
  return [...listed].sort((one, other) => order(created(one), created(other))).map(listedCandidate);
}

function listedCandidate({ annotations, artifactType, digest }: Descriptor): ListedCandidate {
  const hint = annotations?.[PREDICATE_TYPE.bundle] ?? annotations?.[PREDICATE_TYPE.unsigned];
  return {
    kind: 'listed',
    digest,
    isStatement: artifactType === undefined ? undefined : isStatementType(artifactType),
    hint: hint ?? HINTS.get(artifactType ?? ''),
  };
}

/** The same with what its manifest says of it: a list need not have it all. */
export function withManifest(manifest: Manifest): ListedCandidate {
  const { annotations, artifactType, descriptor } = manifest;
  const described = {
    ...descriptor,
    ...(annotations && { annotations }),
    ...(artifactType !== undefined && { artifactType }),
  };
  return { ...listedCandidate(described), manifest };
}

function isStatementType(artifactType: string): boolean {
  const others = [OLD_SIGNATURE, IN_TOTO, DSSE_ENVELOPE, STAGE_TYPE];
  return isBundleType(artifactType) || others.includes(artifactType);
}

/** The tags next to the listed attachments. A registry's API may omit what the fallback tag still lists. */
export function tagCandidates(
  subject: Digest,
  { byApi }: { readonly byApi: boolean },
): readonly TagCandidate[] {
  const tag = fallbackTag(subject);
  return [
    { kind: 'signatures', tag: `${tag}.sig` },
    { kind: 'attestations', tag: `${tag}.att` },
    ...(byApi ? [{ kind: 'referrers', tag } as const] : []),
  ];
}

/** Which candidate is read next: of those that promise most the oldest or the newest, or the oldest whatever it promises. */
export type Choice = 'oldest of best' | 'newest of best' | 'oldest';

/** Returns where the next candidate is in the list; undefined if none is left that could help. */
export function chooseNext(
  candidates: readonly Candidate[],
  wanted: Wanted,
  choice: Choice,
): number | undefined {
  let best: number | undefined;
  let least = Infinity;
  candidates.forEach((candidate, index) => {
    const rank = rankOf(candidate, wanted);
    if (rank === Infinity) return;
    // A tag holds what no junk in the list of referrers has displaced.
    const order = choice === 'oldest' ? Number(candidate.kind === 'listed') : rank;
    const isBetter = choice === 'newest of best' ? order <= least : order < least;
    if (isBetter) [best, least] = [index, order];
  });
  return best;
}

/** The lower, the sooner it is read. */
export function rankOf(candidate: Candidate, wanted: Wanted): number {
  switch (candidate.kind) {
    case 'listed': {
      const { hint, isStatement = true } = candidate;
      if (!isStatement) return 7;
      if (hint === undefined) return 1;
      if (wanted.type(hint)) return 0;
      return hint === OVERRIDE && wanted.override ? 4 : 6;
    }
    case 'signatures':
      return wanted.signature || wanted.all ? 2 : Infinity;
    case 'attestations':
      return wanted.attestation || wanted.override || wanted.all ? 3 : Infinity;
    case 'referrers':
      return 5;
  }
}
