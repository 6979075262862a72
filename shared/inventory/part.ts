import * as z from 'zod';
import {
  decodeObject,
  formProblem,
  InvalidMessageError,
  type PubSubMessage,
} from '../events/envelope';
import type { OutgoingMessage } from '../jobs/copy-job';

const Count = z.int().nonnegative();

/** What was found at a target so far; targets of which there is nothing to tell have none. */
const Drift = z.object({
  missing: Count,
  stale: Count,
  attachmentsMissing: Count,
  unreachable: Count,
  /** Not to be released yet, which is no drift. */
  held: Count.default(0),
  /** Of these the ones that were uploaded more than a day ago, where the source tells when. */
  heldOverADay: Count.default(0),
  /** Of the failure table, where something is unreachable or cannot be made good. */
  reason: z.string().optional(),
});
export type Drift = z.output<typeof Drift>;

/** Unknown fields are ignored, so that old and new functions can meet during a rollout. */
const PartMessage = z.object({
  rule: z.string().optional(),
  page: z.string().optional(),
  from: Count.default(0),
  drift: z.record(z.string(), Drift).default({}),
});

/**
 * One part of a reconciliation. `{}` begins one: it becomes one part for each rule. A part compares some of a page of a
 * rule's source and is followed by the next, which carries what was found so far.
 */
export interface Part {
  readonly rule?: string;
  /** How the source's list names the page; absent: the first. */
  readonly page?: string;
  /** How many releases of the page have been compared. */
  readonly from: number;
  readonly drift: Readonly<Record<string, Drift>>;
}

/** @throws {InvalidMessageError} */
export function parsePart(message: PubSubMessage): Part {
  const parsed = PartMessage.safeParse(decodeObject(message));
  if (!parsed.success) {
    const problem = `Not a part of a reconciliation: ${formProblem(parsed.error)}`;
    throw new InvalidMessageError(problem, { cause: parsed.error });
  }
  const { rule, page, from, drift } = parsed.data;
  return {
    ...(rule !== undefined && { rule }),
    ...(page !== undefined && { page }),
    from,
    drift,
  };
}

export function encodePart(part: Part): OutgoingMessage {
  const { rule } = part;
  return {
    data: Buffer.from(JSON.stringify(part)),
    attributes: { ...(rule !== undefined && { rule }) },
  };
}
