import type { Digest } from '../oci/digest';
import type { Attached } from './reading/attached';
import { brief } from '../text/brief';
import { concerning, entriesOf, isOverride, lacks, proofOf, type Entry } from './ledger-entries';
import type { Wanted } from './reading/candidates';
import type { Proof, ProofRequest, SeenStatement } from './proof';
import { isOfType, nameOfType, SIGNATURE } from './requirement';
import type { SignedStatement } from './forms/signed';
import { findSigners } from './signers/signed-by';
import { predicateFor } from './forms/statement';
import { judge, type VerifiedStatement } from './verdict';

/** What is proven so far. */
export interface Ledger {
  /** What is still looked for; `undefined`: nothing that is to come could change the answer. */
  readonly wanted: () => Wanted | undefined;
  readonly weigh: (attached: Attached) => Promise<void>;
  /** `unread`: how many more are attached. */
  readonly close: (unread: number) => Proof;
}

const MAX_OTHERS = 5;

interface Weighing {
  readonly request: ProofRequest;
  readonly entries: readonly Entry[];
  readonly seen: SeenStatement[];
  /** Types that were seen and that nothing asks for. */
  readonly others: Set<string>;
}

export function openLedger(request: ProofRequest): Ledger {
  const entries = request.rules.flatMap(entriesOf);
  const weighing: Weighing = { request, entries, seen: [], others: new Set() };
  return {
    wanted: () => wantedOf(weighing),
    weigh: async (attached) => {
      if (attached.signed) await weighSigned(attached.statement, attached.signed, weighing);
      else weighUnreadable(attached, weighing);
    },
    close: (unread) => close(weighing, unread),
  };
}

function wantedOf({ entries, request }: Weighing): Wanted | undefined {
  const open = entries.filter((entry) => !entry.met && !isOverride(entry));
  if (open.length === 0 && !request.all) return undefined;
  const types = open.map(({ requirement }) => requirement.statement);
  return {
    type: (predicateType) => types.some((type) => isOfType(type, predicateType)),
    signature: types.some((type) => isOfType(type, SIGNATURE)),
    attestation: types.some((type) => !isOfType(type, SIGNATURE)),
    override: entries.some((one) => isOverride(one) && !one.met && lacks(entries, one.rule)),
    all: request.all !== undefined,
  };
}

function weighUnreadable(
  { hint, problem = '', statement }: Attached,
  { entries, seen }: Weighing,
): void {
  const name = nameOfType(hint ?? 'statement');
  for (const { found } of concerning(entries, hint)) found.add(brief(`${name} ${problem}`));
  const type = hint !== undefined && { predicateType: brief(hint) };
  seen.push({ statement, ...type, by: [], meets: [], problem: brief(problem) });
}

async function weighSigned(
  statement: Digest,
  signed: SignedStatement,
  weighing: Weighing,
): Promise<void> {
  const { predicateType } = signed;
  const name = nameOfType(predicateType);
  const concerned = concerning(weighing.entries, predicateType);
  if (concerned.length === 0) weighing.others.add(brief(name));
  const verified = await verify(signed, concerned, weighing.request);
  const meets: Entry[] = [];
  const problems: string[] = [];
  for (const entry of concerned) {
    const problem = enter(statement, verified, entry, weighing.request);
    if (problem === undefined) meets.push(entry);
    else problems.push(problem);
    if (problem !== undefined) entry.found.add(brief(`${name} ${problem}`));
  }
  weighing.seen.push({
    statement,
    predicateType: brief(predicateType),
    by: typeof verified === 'string' ? [] : [...verified.signers].map((signer) => signer.name),
    meets: meets.map(({ requirement, rule }) => ({ rule, statement: requirement.statement })),
    ...(meets.length === 0 && problems[0] !== undefined && { problem: brief(problems[0]) }),
  });
}

/** Text: why it is not about this subject. Else which of the signers for whom it could count have signed it. */
async function verify(
  signed: SignedStatement,
  concerned: readonly Entry[],
  { all = [], subject }: ProofRequest,
): Promise<VerifiedStatement | string> {
  const { predicateType } = signed;
  const predicate = predicateFor(signed, subject);
  if (predicate === undefined) return `about ${subjectOf(signed)}`;
  const asked = new Set([...concerned.flatMap(({ requirement }) => requirement.by), ...all]);
  return { ...(await findSigners(signed, asked)), predicateType, predicate };
}

/** Why it does not meet this requirement. */
function enter(
  statement: Digest,
  verified: VerifiedStatement | string,
  entry: Entry,
  { now, source }: ProofRequest,
): string | undefined {
  if (typeof verified === 'string') return verified;
  const { requirement, rule } = entry;
  const judged = judge(requirement, verified, { rule, source }, now);
  if (typeof judged === 'string') return judged;
  if (entry.met) return undefined;
  const { predicateType } = verified;
  entry.met = { met: true, requirement, statement, predicateType, by: judged.signer.name };
  entry.terms = judged.terms;
  return undefined;
}

function close({ entries, others, request, seen }: Weighing, unread: number): Proof {
  const beside = [
    ...(others.size > 0 ? [`${namesOf(others)}, which nothing asks for`] : []),
    ...(unread > 0 ? [`${unread} more, which are too many to be read`] : []),
  ];
  const rules = request.rules.map(({ rule }) => proofOf(rule, entries, beside));
  return { proven: rules.every(({ proven }) => proven), rules, seen };
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
