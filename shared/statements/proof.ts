import type { Digest } from '../oci/digest';
import type { Repository } from '../oci/repository';
import { STAGE, type Requirement, type RuleRequirements } from './requirement';
import type { Signer } from './signers/signer';

/** The methods of a source repository that a proof needs. */
export type StatementSource = Pick<
  Repository,
  'registry' | 'repository' | 'listReferrers' | 'getManifest' | 'getBlob'
>;

export interface ProofRequest {
  /** Where the subject and its statements are: what an approval or an override must name. */
  readonly source: StatementSource;
  readonly subject: Digest;
  /** The only tag that the answer is asked about: no more is read than it takes. Default: it may be any, and all that could count for one is read. */
  readonly tag?: string;
  /** Of every rule that gives the release tag. */
  readonly rules: readonly RuleRequirements[];
  /** The time at which an override must not have expired. */
  readonly now: Date;
  /** Reads all that is attached, and checks it for these signers, too. Default: reads no more than is needed. */
  readonly all?: readonly Signer[];
}

/**
 * Reads the statements about a digest at the source once; the result judges them for a tag. Whatever is attached and proves
 * nothing counts as absent, with a reason.
 *
 * @throws the client's error where something that might prove it could not be read.
 */
export type Prove = (request: ProofRequest) => Promise<Statements>;

/** What has been read about a digest. Both throw as {@link Prove} does. */
export interface Statements {
  /** What is proven of the release under this tag. */
  readonly underTag: (tag: string) => Proof;
  /** The same as if each statement that names a tag named the right one: without this nothing is proven under any tag. */
  readonly underAnyTag: () => Proof;
}

/** What is proven about a release, when it was last asked. */
export interface Proof {
  /** Every rule lets the digest pass. */
  readonly proven: boolean;
  readonly rules: readonly RuleProof[];
  /** What was looked at, in that order. */
  readonly seen: readonly SeenStatement[];
}

/** Something that is attached. */
export interface SeenStatement {
  /** Of the manifest that carries it. */
  readonly statement: Digest;
  /** Its own; where it could not be read, the one that it is labelled with. */
  readonly predicateType?: string;
  /** Those of the signers asked for who have signed it. */
  readonly by: readonly string[];
  /** The requirements that it meets. */
  readonly meets: readonly { readonly rule: string; readonly statement: string }[];
  /** Why it meets none of those that it might; follows what it is in a sentence: `by key 3fe1…, not an accepted signer`. */
  readonly problem?: string;
}

export interface RuleProof {
  readonly rule: string;
  /** All that is enforced is met, or an override lets the digest pass. */
  readonly proven: boolean;
  /** In the order of the rule. */
  readonly requirements: readonly RequirementProof[];
  /** What let the digest pass although something that is enforced is missing. */
  readonly overrides?: readonly Override[];
}

export type RequirementProof = MetRequirement | MissingRequirement;

export interface MetRequirement extends StatementBy {
  readonly met: true;
  readonly requirement: Requirement;
}

export interface MissingRequirement {
  readonly met: false;
  readonly requirement: Requirement;
  /** What was found instead, for people: `signature by key 3fe1…, not an accepted signer`. */
  readonly found: readonly string[];
  /** An override lets the digest pass without it. */
  readonly waived?: boolean;
}

/** A statement that counted. */
export interface StatementBy {
  /** Of the manifest that carries it. */
  readonly statement: Digest;
  readonly predicateType: string;
  /** The signer's name in the rules. */
  readonly by: string;
}

export interface Override extends StatementBy {
  readonly why: string;
  readonly expires: Date;
}

/** What holds a digest back, a sentence for each requirement that is enforced and not met. */
export function missingOf({ rules }: Proof): readonly string[] {
  return rules.flatMap(({ rule, ...one }) =>
    holding(one).map((missing) => `${describe(rule, missing)}: found ${instead(missing)}`),
  );
}

/** Whether what holds a digest back is, at one rule at least, that its stage has not passed. */
export function isWaitingForStage({ rules }: Proof): boolean {
  return rules.some((rule) =>
    holding(rule).some(({ requirement }) => requirement.statement === STAGE),
  );
}

function holding({ proven, requirements }: Omit<RuleProof, 'rule'>): readonly RequirementProof[] {
  if (proven) return [];
  return requirements.filter((one) => !one.met && one.requirement.enforce && !one.waived);
}

/**
 * What would hold it back if it were enforced. It says no more than what was required: receipts have it, whose readers need not
 * know what else the source holds.
 */
export function unenforcedOf({ rules }: Proof): readonly string[] {
  return rules.flatMap(({ rule, requirements }) =>
    requirements
      .filter(({ met, requirement }) => !met && !requirement.enforce)
      .map((one) => describe(rule, one)),
  );
}

function describe(rule: string, { requirement: { by, statement } }: RequirementProof): string {
  const what = statement === STAGE ? 'waits for its stage, passed' : `requires ${statement}`;
  return `${rule} ${what} by ${by.map(({ name }) => name).join(' or ')}`;
}

function instead(proof: RequirementProof): string {
  return proof.met || proof.found.length === 0 ? 'nothing' : proof.found.join('; ');
}
