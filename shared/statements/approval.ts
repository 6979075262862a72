import * as z from 'zod';
import { formatReference, type RepositoryName } from '../oci/reference';
import { brief } from '../text/brief';

/** The predicate of an approval: it holds for one rule and the repository that the digest was approved in. */
const ApprovalSchema = z.looseObject({
  rule: z.string().min(1),
  /** The repository, with its registry: `us-docker.pkg.dev/vendor/releases/api`. */
  source: z.string().min(1),
});
export type Approval = z.output<typeof ApprovalSchema>;

/** The predicate of an override. */
const OverrideSchema = ApprovalSchema.extend({
  expires: z.iso.datetime({ offset: true }),
  why: z.string().trim().min(1),
});
export type OverridePredicate = z.output<typeof OverrideSchema>;

export interface Place {
  readonly rule: string;
  readonly source: RepositoryName;
}

/** The predicate of an approval that holds there. */
export function approvalOf({ rule, source: { registry, repository } }: Place): Approval {
  return { rule, source: formatReference({ registry, repository }) };
}

/** Why an approval does not hold there; undefined when it does. It follows "an approval" in a sentence. */
export function approvalProblem(predicate: unknown, place: Place): string | undefined {
  const { data } = ApprovalSchema.safeParse(predicate);
  return data ? elsewhere(data, place) : 'that names no rule and no source';
}

/** An override that holds there, or why it does not; that follows "an override" in a sentence. */
export function readOverride(
  predicate: unknown,
  place: Place,
  now: Date,
): { readonly expires: Date; readonly why: string } | string {
  const { data, error } = OverrideSchema.safeParse(predicate);
  if (!data) return `whose predicate has no right ${String(error.issues[0]?.path[0] ?? 'form')}`;
  const problem = elsewhere(data, place);
  if (problem !== undefined) return problem;
  const expires = new Date(data.expires);
  if (expires <= now) return `that expired at ${expires.toISOString()}`;
  return { expires, why: brief(data.why) };
}

function elsewhere({ rule, source }: Approval, place: Place): string | undefined {
  const here = approvalOf(place);
  if (rule === here.rule && source === here.source) return undefined;
  return `for the rule ${rule} and ${source} alone`;
}
