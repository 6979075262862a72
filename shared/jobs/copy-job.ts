import * as z from 'zod';
import {
  decodeObject,
  formProblem,
  InvalidMessageError,
  type PubSubMessage,
} from '../events/envelope';
import { InvalidReferenceError } from '../oci/reference';
import type { Artifact, References } from '../rules/artifact';

/**
 * One artifact for one target, as it crosses the fan-out topic. It carries no destination and no credentials: copyArtifact
 * computes them from its own rules.
 */
export interface CopyJob {
  /**
   * With a tag: what the tag holds is copied, the digest is a first guess. With a digest alone: a late attachment. Of an
   * object the generation is a first guess. Its form tells its kind, which a message says, too.
   */
  readonly source: Artifact;
  readonly target: string;
  /** Absent: the first rule that sends this source to this target. */
  readonly rule?: string;
  /** Also check children and attachments when the target's tag is equal already. */
  readonly repair: boolean;
}

/** What Pub/Sub is asked to publish. */
export interface OutgoingMessage {
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A job's history, in attributes: it travels when the job is published again. */
export interface JobHistory {
  /** When the job was first published; its age counts from here. */
  readonly since: Date;
  /** How many deliveries have handed it on after making progress. */
  readonly continued: number;
  /** How many deliveries in a row have finished no blob in their time: then the next one sends large blobs one by one. */
  readonly stalled: number;
  /**
   * Since when a write of its tag that got no clear answer may still be under way. Until that is long ago, the job is
   * checked again, even if its target is right.
   */
  readonly unconfirmedSince?: Date;
}

/** How jobs are written as messages, and read. */
export interface CopyJobs {
  /** @throws {InvalidMessageError} when the message is not a copy job. */
  readonly parse: (message: PubSubMessage) => CopyJob;
  readonly encode: (job: CopyJob) => OutgoingMessage;
}

/** A message says which kind its job is about; without a kind it is the first. */
export function createCopyJobs(references: References): CopyJobs {
  const { kinds, defaultKind, format, detailsOf } = references;
  /** Unknown fields are ignored, so that old and new functions can meet during a rollout. */
  const Job = z.object({
    kind: z.enum(kinds).default(defaultKind),
    source: z.string(),
    target: z.string().min(1).max(256),
    rule: z.string().min(1).max(256).optional(),
    repair: z.boolean().optional(),
  });
  return {
    parse(message) {
      const parsed = Job.safeParse(decodeObject(message));
      if (!parsed.success) {
        return fail(formProblem(parsed.error), parsed.error);
      }
      const { kind, target, rule, repair = false } = parsed.data;
      const source = readSource(references, parsed.data.source);
      const { kind: found } = source;
      if (found !== kind) {
        const said = found === defaultKind ? 'leave "kind" out' : `say "kind": "${found}"`;
        return fail(`${format(source)} is no ${kind}; for ${found}s ${said}`);
      }
      if (detailsOf(source).isNameAlone) fail('"source" names neither a tag nor a digest');
      return { source, target, ...(rule !== undefined && { rule }), repair };
    },
    encode({ source, target, rule, repair }) {
      const kind = source.kind !== defaultKind && { kind: source.kind };
      const to = { target, ...(rule !== undefined && { rule }) };
      const body = { ...kind, source: format(source), ...to, ...(repair && { repair }) };
      return { data: Buffer.from(JSON.stringify(body)), attributes: { ...kind, ...to } };
    },
  };
}

function readSource({ parse }: References, text: string): Artifact {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof InvalidReferenceError) return fail(error.message, error);
    throw error;
  }
}

function fail(problem: string, cause?: unknown): never {
  throw new InvalidMessageError(`Not a copy job: ${problem}`, { cause });
}

/**
 * Reads `since`, `continued`, `stalled` and `unconfirmedSince`; by default the message's own publish time, 0, and no unconfirmed write. A time
 * after the message's own counts as that: it would otherwise never be long enough ago.
 */
export function historyOf({
  attributes,
  publishTime,
}: Pick<PubSubMessage, 'attributes' | 'publishTime'>): JobHistory {
  const past = (name: string): Date | undefined => {
    const time = new Date(attributes[name] ?? NaN);
    if (Number.isNaN(time.getTime())) return undefined;
    return time < publishTime ? time : publishTime;
  };
  const unconfirmedSince = past('unconfirmedSince');
  const count = (name: string): number => {
    const value = Number(attributes[name] ?? 0);
    return Number.isSafeInteger(value) && value > 0 ? value : 0;
  };
  return {
    since: past('since') ?? publishTime,
    continued: count('continued'),
    stalled: count('stalled'),
    ...(unconfirmedSince && { unconfirmedSince }),
  };
}

/** Pub/Sub takes 100 attributes (https://cloud.google.com/pubsub/quotas#resource_limits); four of them are the history. */
const MAX_OTHER_ATTRIBUTES = 96;

/** Attributes in which an attempt hands over to the next one; their names begin so. */
const HANDED_OVER = /^rewriteToken/;

/**
 * The same job once more, with its history: for the retry queue and for continuations. `handOver` are attributes for the next
 * attempt, in place of those that an earlier one has left; without it those stay.
 */
export function republish(
  message: PubSubMessage,
  { since, continued, stalled, unconfirmedSince }: JobHistory,
  handOver?: Readonly<Record<string, string>>,
): OutgoingMessage {
  const all = Object.entries(withoutHistory(withoutPubSubAttributes(message.attributes)));
  const left = all.filter(([key]) => HANDED_OVER.test(key));
  const others = all.filter(([key]) => !HANDED_OVER.test(key));
  const handedOver = handOver === undefined ? left : Object.entries(handOver);
  return {
    data: message.data,
    attributes: {
      ...Object.fromEntries([...handedOver, ...others].slice(0, MAX_OTHER_ATTRIBUTES)),
      since: since.toISOString(),
      ...(continued > 0 && { continued: String(continued) }),
      ...(stalled > 0 && { stalled: String(stalled) }),
      ...(unconfirmedSince && { unconfirmedSince: unconfirmedSince.toISOString() }),
    },
  };
}

/** The attributes that a message was first published with: without its history, what attempts hand over, and Pub/Sub's. */
export function firstAttributes(
  attributes: Readonly<Record<string, string>>,
): Record<string, string> {
  const own = Object.entries(withoutHistory(withoutPubSubAttributes(attributes)));
  return Object.fromEntries(own.filter(([key]) => !HANDED_OVER.test(key)));
}

function withoutHistory(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const history = ['since', 'continued', 'stalled', 'unconfirmedSince'];
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => !history.includes(key)));
}

/** Pub/Sub adds `CloudPubSubDeadLetterSource…` to what it dead-letters; `goog…` keys it refuses from publishers. */
export function withoutPubSubAttributes(
  attributes: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).filter(([key]) => !/^(CloudPubSub|goog)/.test(key)),
  );
}
