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
 * One artifact for one target, as it crosses the copy-jobs topic. It carries no destination and no credentials:
 * copyArtifact computes them from its own rules.
 */
export interface CopyJob {
  /**
   * With a tag, the copy releases what the tag holds; the digest is a hint. A digest alone means a late attachment. The
   * generation of an object is also a hint. Its form determines its kind, which the message repeats.
   */
  readonly source: Artifact;
  readonly target: string;
  /** Unset for the first rule that releases this source to this target. */
  readonly rule?: string;
  /** True to check children and attachments even if the target's tag is up to date. */
  readonly repair: boolean;
}

/** A message to publish. */
export interface OutgoingMessage {
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A job's history, in attributes that travel with a republished job. */
export interface JobHistory {
  /** When the job was first published; its age counts from here. */
  readonly since: Date;
  /** How many deliveries have continued it after making progress. */
  readonly continued: number;
  /** How many deliveries in a row have finished no blob in time. The next delivery sends large blobs one at a time. */
  readonly stalled: number;
  /**
   * Since when a tag write may be unconfirmed. Until a grace period has passed, the job is checked again even if its
   * target is up to date.
   */
  readonly unconfirmedSince?: Date;
}

/** Writes jobs as messages, and reads them. */
export interface CopyJobs {
  /** @throws {InvalidMessageError} if the message is not a copy job. */
  readonly parse: (message: PubSubMessage) => CopyJob;
  readonly encode: (job: CopyJob) => OutgoingMessage;
}

/** A message names the kind of its job. Without a kind it is an image. */
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
        const hint = found === defaultKind ? 'omit "kind"' : `set "kind": "${found}"`;
        return fail(`${format(source)} is not a reference of kind ${kind}; for ${found}s ${hint}`);
      }
      if (detailsOf(source).isNameAlone) fail('"source" names neither a tag nor a digest');
      return { source, target, rule, repair };
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
 * Reads `since`, `continued`, `stalled` and `unconfirmedSince`. Defaults: the message's own publish time, 0, 0, unset.
 * A time after the publish time counts as the publish time, since a time in the future would never be old enough.
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
    unconfirmedSince,
  };
}

/**
 * Pub/Sub accepts 100 attributes (https://cloud.google.com/pubsub/quotas#resource_limits); four of them are the
 * history.
 */
const MAX_OTHER_ATTRIBUTES = 96;

/** Attributes of a checkpoint, which one attempt leaves for the next, begin so. */
const CHECKPOINT = /^rewriteToken/;

/**
 * Returns the same job with its history, for the retry queue and for continuations. `checkpoint` replaces the checkpoint
 * of an earlier attempt; without it that one stays.
 */
export function republish(
  message: PubSubMessage,
  { since, continued, stalled, unconfirmedSince }: JobHistory,
  checkpoint?: Readonly<Record<string, string>>,
): OutgoingMessage {
  const all = Object.entries(withoutHistory(withoutPubSubAttributes(message.attributes)));
  const left = all.filter(([key]) => CHECKPOINT.test(key));
  const others = all.filter(([key]) => !CHECKPOINT.test(key));
  const checkpointed = checkpoint === undefined ? left : Object.entries(checkpoint);
  return {
    data: message.data,
    attributes: {
      ...Object.fromEntries([...checkpointed, ...others].slice(0, MAX_OTHER_ATTRIBUTES)),
      since: since.toISOString(),
      ...(continued > 0 && { continued: String(continued) }),
      ...(stalled > 0 && { stalled: String(stalled) }),
      ...(unconfirmedSince && { unconfirmedSince: unconfirmedSince.toISOString() }),
    },
  };
}

/** Returns the attributes with which a message was first published: without history, checkpoints and Pub/Sub's own. */
export function firstAttributes(
  attributes: Readonly<Record<string, string>>,
): Record<string, string> {
  const own = Object.entries(withoutHistory(withoutPubSubAttributes(attributes)));
  return Object.fromEntries(own.filter(([key]) => !CHECKPOINT.test(key)));
}

function withoutHistory(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const history = ['since', 'continued', 'stalled', 'unconfirmedSince'];
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => !history.includes(key)));
}

/** Pub/Sub adds `CloudPubSubDeadLetterSource…` to dead-lettered messages, and rejects `goog…` keys from publishers. */
export function withoutPubSubAttributes(
  attributes: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).filter(([key]) => !/^(CloudPubSub|goog)/.test(key)),
  );
}

/** Reports a job that no rule allows. */
export class JobRefusedError extends Error {
  override readonly name = 'JobRefusedError';
  /** The rule that the job names, if any: a rollout of rules may still add it. */
  readonly rule: string | undefined;
  constructor(job: CopyJob, why: string) {
    super(`No rule allows this copy: ${why}`);
    this.rule = job.rule;
  }
}
