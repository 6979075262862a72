import * as z from 'zod';
import { decodeObject, InvalidMessageError, type PubSubMessage } from '../events/envelope';
import { InvalidObjectReferenceError } from '../kinds/object/reference';
import { InvalidReferenceError } from '../oci/reference';
import type { Artifact } from '../rules/artifact';
import { formatArtifact, kindOf, KINDS, parseArtifact } from '../kinds/references';
import { isObject } from '../kinds/object/reference';

/**
 * One artifact for one target, as it crosses the fan-out topic. It carries no destination and no credentials: copyArtifact
 * computes them from its own rules.
 */
export interface CopyJob {
  /**
   * With a tag: what the tag holds is copied, the digest is a first guess. With a digest alone: a late attachment. Of an
   * object the generation is a first guess. Its form tells its kind, which a message says, too: `kind`, absent for images.
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
   * Since when a write of its tag may still be under way, of which no clear answer came: until that is long ago, the job is
   * looked at again however right its target is.
   */
  readonly inDoubt?: Date;
}

/** Unknown fields are ignored, so that old and new functions can meet during a rollout. */
const Job = z.object({
  kind: z.enum(KINDS).default('image'),
  source: z.string(),
  target: z.string().min(1).max(256),
  rule: z.string().min(1).max(256).optional(),
  repair: z.boolean().optional(),
});

/** @throws {InvalidMessageError} when the message is not a copy job. */
export function parseCopyJob(message: PubSubMessage): CopyJob {
  const fail = (problem: string, cause: unknown): never => {
    throw new InvalidMessageError(`Not a copy job: ${problem}`, { cause });
  };
  const parsed = Job.safeParse(decodeObject(message));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return fail(`"${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'invalid'}`, parsed.error);
  }
  const { kind, target, rule, repair = false } = parsed.data;
  const source = readSource(parsed.data.source, fail);
  const found = kindOf(source);
  if (found !== kind) {
    const said = found === 'image' ? 'leave "kind" out' : `say "kind": "${found}"`;
    return fail(`${formatArtifact(source)} is no ${kind}; for ${found}s ${said}`, undefined);
  }
  if (!isObject(source) && source.tag === undefined && source.digest === undefined) {
    return fail('"source" names neither a tag nor a digest', undefined);
  }
  return { source, target, ...(rule !== undefined && { rule }), repair };
}

function readSource(text: string, fail: (problem: string, cause: unknown) => never): Artifact {
  try {
    return parseArtifact(text);
  } catch (error) {
    const isExpected =
      error instanceof InvalidReferenceError || error instanceof InvalidObjectReferenceError;
    if (isExpected) return fail(error.message, error);
    throw error;
  }
}

export function encodeCopyJob(job: CopyJob): OutgoingMessage {
  const { target, rule, repair } = job;
  const kind = kindOf(job.source);
  const body = {
    ...(kind !== 'image' && { kind }),
    source: formatArtifact(job.source),
    target,
    ...(rule !== undefined && { rule }),
    ...(repair && { repair }),
  };
  return {
    data: Buffer.from(JSON.stringify(body)),
    attributes: {
      ...(kind !== 'image' && { kind }),
      target,
      ...(rule !== undefined && { rule }),
    },
  };
}

/**
 * Reads `since`, `continued`, `stalled` and `inDoubt`; what is absent or unreadable is the message's own publish time, 0, and
 * no doubt. No message is older than its history: a time to come would never be long enough ago.
 */
export function historyOf({ attributes, publishTime }: PubSubMessage): JobHistory {
  const past = (name: string): Date | undefined => {
    const time = new Date(attributes[name] ?? NaN);
    if (Number.isNaN(time.getTime())) return undefined;
    return time < publishTime ? time : publishTime;
  };
  const inDoubt = past('inDoubt');
  const count = (name: string): number => {
    const value = Number(attributes[name] ?? 0);
    return Number.isSafeInteger(value) && value > 0 ? value : 0;
  };
  return {
    since: past('since') ?? publishTime,
    continued: count('continued'),
    stalled: count('stalled'),
    ...(inDoubt && { inDoubt }),
  };
}

/** Pub/Sub takes 100 attributes (https://cloud.google.com/pubsub/quotas#resource_limits); four of them are the history. */
const MAX_OTHER_ATTRIBUTES = 96;

/** Attributes in which an attempt hands over to the next one; their names begin so. */
const HANDED_OVER = /^rewriteToken/;

/**
 * The same job once more, with its history: for the slow lane and for continuations. `handOver` are attributes for the next
 * attempt, in place of those that an earlier one has left; without it those stay.
 */
export function republish(
  message: PubSubMessage,
  { since, continued, stalled, inDoubt }: JobHistory,
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
      ...(inDoubt && { inDoubt: inDoubt.toISOString() }),
    },
  };
}

function withoutHistory(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const history = ['since', 'continued', 'stalled', 'inDoubt'];
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
