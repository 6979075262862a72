import * as z from 'zod';
import {
  decodeObject,
  formProblem,
  InvalidMessageError,
  type PubSubMessage,
} from '../events/envelope';
import type { OutgoingMessage } from '../jobs/copy-job';

const Count = z.int().nonnegative();

/** What was found of a rule at a target so far; a target without differences has no entry. */
const Drift = z.object({
  missing: Count,
  stale: Count,
  attachmentsMissing: Count,
  unreachable: Count,
  /** Not to be released yet, which is not drift. */
  held: Count.default(0),
  /** Of these the ones that were uploaded more than a day ago, where the source reports the time. */
  heldOverADay: Count.default(0),
  /** Of the failure table, where something is unreachable or cannot be repaired. */
  reason: z.string().optional(),
});
export type Drift = z.output<typeof Drift>;

/** Differences by the name of the rule, then by that of the target. */
export type DriftByRule = Readonly<Record<string, Readonly<Record<string, Drift>>>>;

/** Unknown fields are ignored, so that old and new functions can meet during a rollout. */
const PartMessage = z.object({
  source: z.string().optional(),
  rule: z.string().optional(),
  page: z.string().optional(),
  compared: z.array(z.string()).default([]),
  within: z.object({ release: z.string(), after: z.string() }).optional(),
  found: z.record(z.string(), z.record(z.string(), Drift)).default({}),
});

/** One step of a reconciliation. */
export type Part = FirstPart | SourcePart;

/** Begins a reconciliation: becomes one part for each source. */
export interface FirstPart {
  /** Begins with the source whose first rule this is. Messages of older versions name a rule; they begin again. */
  readonly rule?: string;
}

/**
 * How far a page is compared. A page that is listed again may have gained, lost or reordered releases: a part knows the
 * compared ones by name, never by position.
 */
export interface Progress {
  /** Short names of the releases of the page that are compared at all their targets. */
  readonly compared: readonly string[];
  /** The release that is compared at some of its targets: at all up to `after`, in the order of their names. */
  readonly within?: { readonly release: string; readonly after: string };
}

/** Compares what is left of a page of a source. The next part carries what was found so far. */
export interface SourcePart extends Progress {
  /** The key of its list. */
  readonly source: string;
  /** How the source's list names the page. Unset for the first page. */
  readonly page?: string;
  readonly found: DriftByRule;
}

/** @throws {InvalidMessageError} */
export function parsePart(message: PubSubMessage): Part {
  const parsed = PartMessage.safeParse(decodeObject(message));
  if (!parsed.success) {
    const problem = `Not a part of a reconciliation: ${formProblem(parsed.error)}`;
    throw new InvalidMessageError(problem, { cause: parsed.error });
  }
  const { source, rule, page, compared, within, found } = parsed.data;
  if (source === undefined) return rule === undefined ? {} : { rule };
  return {
    source,
    page,
    compared,
    within,
    found,
  };
}

export function encodePart(part: Part): OutgoingMessage {
  return { data: Buffer.from(JSON.stringify(part)), attributes: {} };
}
