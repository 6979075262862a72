import { SubjectUntaggedError } from '../../copying/errors';
import type { CopyJob } from '../../jobs/copy-job';
import { jobsFor } from '../../jobs/events';
import type { Descriptor } from '../../oci/descriptor';
import type { Digest } from '../../oci/digest';
import { parseDigestTag } from '../../oci/digest-tag';
import { formatReference, type Reference, type RepositoryName } from '../../oci/reference';
import type { Artifact } from '../../rules/artifact';
import { matchAttachment, matchRelease, rulesRequiring, type Copy } from '../../rules/match';
import { requirementsOf, type Rule, type Rules } from '../../rules/rules';
import { missingOf, type Proof, type Statements } from '../../statements/proof';
import {
  isOfType,
  OVERRIDE,
  SIGNATURE,
  STAGE,
  type RuleRequirements,
} from '../../statements/requirement';

/** A referrer that was pushed, or a digest tag in place of one. */
export interface PushedReferrer {
  readonly subject: Digest;
  /** The type of statement that it claims to be. Unset: it claims no type, or it cannot be a statement. */
  readonly predicateType?: string;
  /** True for a statement that stays at the source: no target gets it. */
  readonly stays?: boolean;
  /** Its own manifest, which a list of referrers may not have yet. */
  readonly pushed?: Descriptor;
}

/** Reads what a push does not say at its source. Each rejects with the error of the read that failed. */
export interface SourceLookups {
  /** Reads a manifest by its digest. Undefined if it names no subject. */
  readonly readReferrer: (image: ByDigest) => Promise<PushedReferrer | undefined>;
  /** Reads the statements about a subject: those that are listed, and one that has just been pushed. */
  readonly readStatements: (
    subject: ByDigest,
    rules: readonly RuleRequirements[],
    pushed: Descriptor | undefined,
  ) => Promise<Statements>;
  /** Finds the tags that hold a subject, among those that may matter. */
  readonly findTags: (
    subject: ByDigest,
    mayMatter: (tag: string) => boolean,
  ) => Promise<readonly string[]>;
}

type ByDigest = RepositoryName & { readonly digest: Digest };

/** How a push is planned. */
export interface PushPlanning {
  /** See `Planning`. */
  readonly isNew: boolean;
  /** Called only if the source has to be read. */
  readonly lookUp: () => Promise<SourceLookups>;
}

/**
 * Plans the jobs of a referrer that was pushed, or returns why there are none. A walk in five steps: its subject; the rules
 * whose requirements its type may meet; all statements about the subject; the tags that hold the subject; one job for each of
 * these tags and each target. A referrer that releases nothing is copied to the targets that have its subject.
 *
 * @throws {SubjectUntaggedError} while a tag may still be on its way.
 */
export async function planReferrer(
  rules: Rules,
  { registry, repository, tag, digest }: Reference,
  planning: PushPlanning,
): Promise<CopyJob[] | string> {
  const name = { kind: 'image', registry, repository } as const;
  const image = { ...name, digest };
  const carriers = matchAttachment(rules, image);
  if (carriers.length === 0 && rulesRequiring(rules, image).length === 0) {
    return 'matches no rule with attachments';
  }
  const referrer =
    tag !== undefined
      ? referrerUnderTag(tag)
      : digest && (await (await planning.lookUp()).readReferrer({ ...name, digest }));
  if (tag === undefined && referrer === undefined) {
    return 'has no tag of its own and is no attachment';
  }
  const released = referrer ? await releaseSubject(rules, name, referrer, planning) : NOTHING;
  const late = carriers.filter(({ rule }) => !referrer?.stays && !released.by.includes(rule));
  const jobs = [...released.jobs, ...jobsFor({ ...image, tag }, late)];
  if (jobs.length > 0) return jobs;
  if (released.missing.length > 0) return `opens nothing yet: ${released.missing.join('; ')}`;
  return referrer?.stays === true
    ? 'is what the relay states, and stays where it is'
    : 'matches no rule with attachments';
}

/** The referrer that a digest tag stands for. Undefined for a tag that cannot hold statements. */
function referrerUnderTag(tag: string): PushedReferrer | undefined {
  const { subject, isList } = parseDigestTag(tag) ?? {};
  if (subject === undefined) return undefined;
  if (tag.endsWith('.sig')) return { subject, predicateType: SIGNATURE };
  return isList === true || tag.endsWith('.att') ? { subject } : undefined;
}

/** What a statement that has just been pushed releases. */
interface Released {
  readonly jobs: readonly CopyJob[];
  /** The rules that wait for a statement of its type: they need no job for a late referrer. */
  readonly by: readonly Rule[];
  /** What these rules still require, for people. */
  readonly missing: readonly string[];
}

const NOTHING: Released = { jobs: [], by: [], missing: [] };

/**
 * Reads the statements about a subject once a rule requires one of the referrer's type. Only the statement that completes the
 * requirements makes jobs. Each also carries what is attached.
 */
async function releaseSubject(
  rules: Rules,
  name: Artifact<'image'>,
  { subject: digest, predicateType, pushed }: PushedReferrer,
  { isNew, lookUp }: PushPlanning,
): Promise<Released> {
  const requiring = rulesRequiring(rules, name);
  const waiting = requiring.filter((rule) => waitsFor(rule, predicateType));
  if (waiting.length === 0) return NOTHING;

  const subject = { ...name, digest };
  const { readStatements, findTags } = await lookUp();
  const statements = await readStatements(subject, requirementsOf(requiring), pushed);
  const best = statements.underAnyTag();
  if (!waiting.some(isProvenBy(best))) return { jobs: [], by: waiting, missing: missingOf(best) };

  const releasesOf = (tag: string): Copy[] => {
    const releases = matchRelease(rules, { ...subject, tag }).filter(({ demanding }) =>
      demanding.some((rule) => waiting.includes(rule)),
    );
    if (releases.length === 0) return [];
    const isProven = isProvenBy(statements.underTag(tag));
    return releases.filter(({ demanding }) => demanding.every(isProven));
  };
  const tags = await findTags(subject, (tag) => releasesOf(tag).length > 0);
  if (tags.length === 0) {
    if (isNew) throw new SubjectUntaggedError(formatReference(subject));
    return NOTHING;
  }
  const jobs = tags.flatMap((tag) => jobsFor({ ...subject, tag }, releasesOf(tag)));
  return { jobs: jobs.map((job) => ({ ...job, repair: true })), by: waiting, missing: [] };
}

function isProvenBy({ rules }: Proof): (rule: Rule) => boolean {
  const proven = new Set(rules.flatMap(({ proven: is, rule }) => (is ? [rule] : [])));
  return ({ name }) => proven.has(name);
}

/** Whether a rule requires a statement of this type, or an override of it exempts. A referrer without a type may be any. */
function waitsFor(
  { after, require: requirements, override }: Rule,
  predicateType?: string,
): boolean {
  if (predicateType === undefined) return true;
  if (predicateType === OVERRIDE) return override.length > 0;
  if (predicateType === STAGE) return after !== undefined;
  return requirements.some(({ statement }) => isOfType(statement, predicateType));
}
