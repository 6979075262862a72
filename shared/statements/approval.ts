import * as z from 'zod';
import { formatReference, type RepositoryName } from '../oci/reference';
import { brief, isVisible } from '../text/untrusted';
import type { Waiver } from './requirement';

/** The predicate of an approval: it counts for one rule, and for one tag of the repository that the digest was approved in. */
const ApprovalSchema = z.looseObject({
  rule: z.string().min(1),
  /** The repository, with its registry: `us-docker.pkg.dev/vendor/releases/api`. */
  source: z.string().min(1),
  tag: z.string().min(1),
});
export type Approval = z.output<typeof ApprovalSchema>;

const WAIVERS = ['requirements', 'stage'] as const satisfies readonly Waiver[];

/** The predicate of an override. */
const OverrideSchema = ApprovalSchema.extend({
  expires: z.iso.datetime({ offset: true }),
  why: z.string().trim().refine(isVisible),
  /** What it lets a release pass without. */
  waives: z.array(z.enum(WAIVERS)).min(1).default(['requirements']),
});
export type OverridePredicate = z.input<typeof OverrideSchema>;

/** The longest duration of an override from now on, for every signer. */
export const LONGEST_OVERRIDE_DAYS = 30;
const DAY_MS = 86_400_000;
/** By how much the clock of the signer may be ahead: an override of exactly 30 days counts at once. */
const CLOCK_SKEW_MS = 300_000;

export interface Place {
  readonly rule: string;
  readonly source: RepositoryName;
}

/** What an approval or an override counts for. */
export interface ApprovedRelease extends Place {
  readonly tag: string;
}

/** The predicate of an approval that counts there. */
export function approvalOf({ rule, source, tag }: ApprovedRelease): Approval {
  const { registry, repository } = source;
  return { rule, source: formatReference({ registry, repository }), tag };
}

/** An approval that counts there, or why it does not; that follows "an approval" in a sentence. */
export function readApproval(predicate: unknown, place: Place): Approval | string {
  const { data, error } = ApprovalSchema.safeParse(predicate);
  if (data) return elsewhere(data, place) ?? data;
  const missing = error.issues.flatMap(({ path: [key] }) =>
    key === undefined ? [] : [String(key)],
  );
  return missing.length === 0
    ? 'whose predicate is not an object'
    : `that names no ${missing.join(', no ')}`;
}

export interface Override {
  readonly tag: string;
  readonly expires: Date;
  readonly why: string;
}

/** An override that counts there and waives this, or why it does not; that follows "an override" in a sentence. */
export function readOverride(
  predicate: unknown,
  place: Place,
  now: Date,
  waiver: Waiver = 'requirements',
): Override | string {
  const { data, error } = OverrideSchema.safeParse(predicate);
  if (!data) return `that has no valid ${String(error.issues[0]?.path[0] ?? 'predicate')}`;
  const { tag, waives, why } = data;
  const problem = elsewhere(data, place);
  if (problem !== undefined) return problem;
  if (!waives.includes(waiver)) return `that waives ${waives.join(' and ')} alone`;
  const expires = new Date(data.expires);
  if (expires <= now) return `that expired at ${expires.toISOString()}`;
  const lasts = expires.getTime() - now.getTime();
  if (lasts > LONGEST_OVERRIDE_DAYS * DAY_MS + CLOCK_SKEW_MS) {
    return `that lasts until ${expires.toISOString()}, longer than ${LONGEST_OVERRIDE_DAYS} days`;
  }
  return { tag, expires, why: brief(why) };
}

/** Why an approval does not count where it is read; it follows "an approval" in a sentence. */
export function namedAlone({ rule, source, tag }: Approval): string {
  return `for the rule ${rule} and ${source}:${tag} alone`;
}

/** Why a statement that names rule, source and tag does not count there; it follows the statement in a sentence. */
export function elsewhere(approval: Approval, place: Place): string | undefined {
  const here = approvalOf({ ...place, tag: approval.tag });
  const isHere = approval.rule === here.rule && approval.source === here.source;
  return isHere ? undefined : namedAlone(approval);
}
