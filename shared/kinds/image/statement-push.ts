import { SubjectUntaggedError } from '../../copying/errors';
import type { CopyJob } from '../../jobs/copy-job';
import { jobsFor } from '../../jobs/events';
import type { Descriptor } from '../../oci/descriptor';
import type { Digest } from '../../oci/digest';
import { parseDigestTag } from '../../oci/digest-tag';
import { formatReference, type RepositoryName } from '../../oci/reference';
import type { Artifact } from '../../rules/artifact';
import { matchRelease, rulesRequiring, type Copy } from '../../rules/match';
import { requirementsOf, type Rule, type Rules } from '../../rules/rules';
import { missingOf, type Proof, type Statements } from '../../statements/proof';
import { isOfType, OVERRIDE, SIGNATURE, type RuleRequirements } from '../../statements/requirement';

/** What was pushed to stay with another manifest. */
export interface AttachedPush {
  readonly subject: Digest;
  /** What it claims, as far as its label says; undefined: it says nothing, or this can be no statement. */
  readonly predicateType?: string;
  /** It holds at the source alone: no target gets it. */
  readonly stays?: boolean;
  /** The manifest itself, which a list may not tell of yet. */
  readonly pushed?: Descriptor;
}

/** What a push does not say about its source. All reject with the error of the read that failed. */
export interface PushLookups {
  /** What a digest is attached to; undefined: to nothing. */
  readonly readAttached: (
    image: RepositoryName & { readonly digest: Digest },
  ) => Promise<AttachedPush | undefined>;
  /** Reads the statements about a digest: those that are listed, and one that has just been pushed. */
  readonly prove: (
    subject: RepositoryName & { readonly digest: Digest },
    rules: readonly RuleRequirements[],
    pushed: Descriptor | undefined,
  ) => Promise<Statements>;
  /** The tags that hold a digest, of those that may matter. */
  readonly tagsOf: (
    subject: RepositoryName & { readonly digest: Digest },
    mayMatter: (tag: string) => boolean,
  ) => Promise<readonly string[]>;
}

/** How a push is planned. */
export interface PushPlanning {
  /** See `Planning`. */
  readonly isNew: boolean;
  /** Called only if the source has to be read. */
  readonly lookUp: () => Promise<PushLookups>;
}

/** What a statement means that has just come. */
export interface Opened {
  /** The releases that nothing holds back any more. */
  readonly jobs: readonly CopyJob[];
  /** These rules take it for what they wait for: they need no job for a late attachment. */
  readonly by: readonly Rule[];
  /** What still holds them back, for people. */
  readonly missing: readonly string[];
}

export const NOTHING_OPENED: Opened = { jobs: [], by: [], missing: [] };

/** What a digest tag belongs to, and what may be in it. None for a tag that cannot hold statements. */
export function attachedByTag(tag: string): AttachedPush | undefined {
  const { subject, isList } = parseDigestTag(tag) ?? {};
  if (subject === undefined) return undefined;
  if (tag.endsWith('.sig')) return { subject, predicateType: SIGNATURE };
  return isList === true || tag.endsWith('.att') ? { subject } : undefined;
}

/**
 * Asks the gate about the subject of a statement for the rules that require its type. Only the one that opens it makes jobs: one
 * for each tag that holds the subject and is let pass, and each target, which also carry what is attached.
 *
 * @throws {SubjectUntaggedError} while a tag may still be on its way.
 */
export async function openedBy(
  rules: Rules,
  image: Artifact<'image'>,
  { subject, predicateType, pushed }: AttachedPush,
  { isNew, lookUp }: PushPlanning,
): Promise<Opened> {
  const all = rulesRequiring(rules, image);
  const waiting = all.filter((rule) => waitsFor(rule, predicateType));
  if (waiting.length === 0) return NOTHING_OPENED;

  const named = { ...image, digest: subject };
  const { prove, tagsOf } = await lookUp();
  const statements = await prove(named, requirementsOf(all), pushed);
  const best = statements.underAnyTag();
  if (!waiting.some(isProvenBy(best))) return { jobs: [], by: waiting, missing: missingOf(best) };

  const releasesOf = (tag: string): Copy[] => {
    const releases = matchRelease(rules, { ...named, tag }).filter(({ demanding }) =>
      demanding.some((rule) => waiting.includes(rule)),
    );
    if (releases.length === 0) return [];
    const isProven = isProvenBy(statements.underTag(tag));
    return releases.filter(({ demanding }) => demanding.every(isProven));
  };
  const tags = await tagsOf(named, (tag) => releasesOf(tag).length > 0);
  if (tags.length === 0) {
    if (isNew) throw new SubjectUntaggedError(formatReference(named));
    return NOTHING_OPENED;
  }
  const jobs = tags.flatMap((tag) => jobsFor({ ...named, tag }, releasesOf(tag)));
  return { jobs: jobs.map((job) => ({ ...job, repair: true })), by: waiting, missing: [] };
}

function isProvenBy({ rules }: Proof): (rule: Rule) => boolean {
  const proven = new Set(rules.flatMap(({ proven: is, rule }) => (is ? [rule] : [])));
  return ({ name }) => proven.has(name);
}

/** Whether a rule requires what this claims to be, or it may let pass what is not proven; a claim that is not made may be any. */
function waitsFor({ require: requirements, override }: Rule, predicateType?: string): boolean {
  if (predicateType === undefined) return true;
  if (predicateType === OVERRIDE) return override.length > 0;
  return requirements.some(({ statement }) => isOfType(statement, predicateType));
}
