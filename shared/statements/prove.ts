import { createSlots } from '../async/limits';
import type { Digest } from '../oci/digest';
import { brief } from '../text/untrusted';
import type { SignedStatement } from './forms/bundle';
import { predicateFor } from './forms/statement';
import {
  entriesOfType,
  enter,
  entriesOf,
  isOverride,
  mayNeed,
  problemOf,
  proofOf,
  type Entry,
  type Finding,
  type Tag,
} from './tracked-requirements';
import type { Proof, Prove, ProofRequest, SeenStatement } from './proof';
import type { AttachedStatement } from './reading/layers';
import type { Wanted } from './reading/candidates';
import { readStatements, startReading } from './reading/read-statements';
import { isOfType, nameOfType, SIGNATURE } from './requirement';
import { findSigners } from './signers/signed-by';
import { evaluateStatement, type VerifiedStatement } from './evaluation';

/** Made once for a process: what takes much memory is read by one proof at a time. */
export function createProver(): Prove {
  const largeReads = createSlots(1);
  return async (request) => {
    const tracker = trackRequirements(request);
    const reading = startReading();
    const attachments = readStatements({ ...request, wanted: tracker.wanted, reading, largeReads });
    for await (const attached of attachments) await tracker.weigh(attached);
    const under = (tag: string | undefined): Proof => {
      const proof = tracker.proofUnder(tag, reading.unread);
      // What could not be read may be what is missing, and must not be taken for absent.
      if (!proof.proven && reading.failures.length > 0) throw reading.failures[0];
      return proof;
    };
    return { underTag: under, underAnyTag: () => under(undefined) };
  };
}

/** What has been read so far. */
interface RequirementTracker {
  /** What is still looked for; `undefined`: nothing that is to come could change the answer. */
  readonly wanted: () => Wanted | undefined;
  readonly weigh: (attached: AttachedStatement) => Promise<void>;
  /** What that proves under a tag. `unread`: how many more are attached. */
  readonly proofUnder: (tag: Tag, unread: number) => Proof;
}

const MAX_OTHERS = 5;

interface Weighing {
  readonly request: ProofRequest;
  readonly entries: readonly Entry[];
  readonly weighed: Weighed[];
  /** Types that were seen and that nothing asks for. */
  readonly others: Set<string>;
}

/** A statement, and what it means to the requirements that it concerns. */
interface Weighed extends Pick<SeenStatement, 'statement' | 'predicateType' | 'by'> {
  readonly findings: readonly { readonly entry: Entry; readonly finding: Finding }[];
  /** Why it means nothing to any. */
  readonly problem?: string;
}

function trackRequirements(request: ProofRequest): RequirementTracker {
  const entries = request.rules.flatMap(entriesOf);
  const weighing: Weighing = { request, entries, weighed: [], others: new Set() };
  return {
    wanted: () => wantedOf(weighing),
    weigh: async (attached) => {
      if (attached.signed) await weighSigned(attached.statement, attached.signed, weighing);
      else weighUnreadable(attached, weighing);
    },
    proofUnder: (tag, unread) => proofUnder(tag, weighing, unread),
  };
}

function wantedOf({ entries, request }: Weighing): Wanted | undefined {
  const open = entries.filter((entry) => !entry.isDecided && !isOverride(entry));
  if (open.length === 0 && !request.all) return undefined;
  const types = open.map(({ requirement }) => requirement.statement);
  return {
    type: (predicateType) => types.some((type) => isOfType(type, predicateType)),
    signature: types.some((type) => isOfType(type, SIGNATURE)),
    attestation: types.some((type) => !isOfType(type, SIGNATURE)),
    override: entries.some((one) => isOverride(one) && !one.isDecided && mayNeed(entries, one)),
    all: request.all !== undefined,
  };
}

function weighUnreadable(
  { hint, problem = '', statement }: AttachedStatement,
  { entries, request, weighed }: Weighing,
): void {
  const evaluation = brief(problem);
  for (const entry of entriesOfType(entries, hint)) {
    enter(entry, { statement, predicateType: hint ?? 'statement', evaluation }, request.tag);
  }
  const type = hint !== undefined && { predicateType: brief(hint) };
  weighed.push({ statement, ...type, by: [], findings: [], problem: evaluation });
}

async function weighSigned(
  statement: Digest,
  signed: SignedStatement,
  { entries, others, request, weighed }: Weighing,
): Promise<void> {
  const { predicateType } = signed;
  const concerned = entriesOfType(entries, predicateType);
  if (concerned.length === 0) others.add(brief(nameOfType(predicateType)));
  const verified = await verify(signed, concerned, request);
  const findings = concerned.map((entry) => {
    const evaluated = evaluate(verified, entry, request);
    const evaluation = typeof evaluated === 'string' ? brief(evaluated) : evaluated;
    return { entry, finding: { statement, predicateType: brief(predicateType), evaluation } };
  });
  for (const { entry, finding } of findings) enter(entry, finding, request.tag);
  weighed.push({
    statement,
    predicateType: brief(predicateType),
    by: typeof verified === 'string' ? [] : [...verified.signers].map((signer) => signer.name),
    findings,
  });
}

/** Text: why it is not about this subject. Else which of the signers for whom it could count have signed it. */
async function verify(
  signed: SignedStatement,
  concerned: readonly Entry[],
  { all = [], subject }: ProofRequest,
): Promise<VerifiedStatement | string> {
  const { madeFor, predicateType } = signed;
  const predicate = predicateFor(signed, subject);
  if (predicate === undefined) return `about ${subjectOf(signed)}`;
  const asked = new Set([...concerned.flatMap(({ requirement }) => requirement.by), ...all]);
  return { ...(await findSigners(signed, asked)), predicateType, predicate, madeFor };
}

function evaluate(
  verified: VerifiedStatement | string,
  { requirement, rule }: Entry,
  { now, source }: ProofRequest,
): Finding['evaluation'] {
  if (typeof verified === 'string') return verified;
  return evaluateStatement(requirement, verified, { rule, source }, now);
}

function proofUnder(
  tag: Tag,
  { entries, others, request, weighed }: Weighing,
  unread: number,
): Proof {
  const unasked = [
    ...(others.size > 0 ? [`${namesOf(others)}, which nothing asks for`] : []),
    ...(unread > 0 ? [`${unread} more, which are too many to be read`] : []),
  ];
  const rules = request.rules.map(({ rule }) => proofOf(rule, entries, { others: unasked, tag }));
  const seen = weighed.map((one) => seenUnder(tag, one));
  return { proven: rules.every(({ proven }) => proven), rules, seen };
}

function seenUnder(tag: Tag, { findings, problem, ...weighed }: Weighed): SeenStatement {
  const evaluated = findings.map(({ entry, finding }) => ({ entry, why: problemOf(finding, tag) }));
  const meets = evaluated.flatMap(({ entry: { requirement, rule }, why }) =>
    why === undefined ? [{ rule, statement: requirement.statement }] : [],
  );
  const why = problem ?? (meets.length === 0 ? evaluated[0]?.why : undefined);
  return { ...weighed, meets, problem: why };
}

/** The first of them, and how many more. */
function namesOf(others: ReadonlySet<string>): string {
  const more = others.size > MAX_OTHERS ? [`${others.size - MAX_OTHERS} more`] : [];
  return [...[...others].slice(0, MAX_OTHERS), ...more].join(', ');
}

function subjectOf({ subjects }: SignedStatement): string {
  const [first, ...more] = subjects.flatMap(({ digest }) =>
    Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${String(hex).slice(0, 12)}…`),
  );
  if (first === undefined) return 'nothing';
  return more.length > 0 ? `${first} and ${more.length} more` : first;
}
