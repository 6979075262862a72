import { NotReleasedError } from '../../shared/copying/errors';
import type { ArtifactOutcome } from '../../shared/copying/outcome';
import type { WorkResult, Subject } from '../../shared/delivery/delivery';
import type { Doubt } from '../../shared/delivery/doubt';
import type { Release } from '../../shared/delivery/notice';
import type { PubSubMessage } from '../../shared/events/envelope';
import { historyOf, type CopyJob } from '../../shared/jobs/copy-job';
import { JobRefusedError } from '../../shared/jobs/job-refused-error';
import { type Traffic, emptyTraffic } from '../../shared/oci/http/traffic';
import { formatArtifact, references } from '../../shared/kinds/references';
import { authorize, type AllowedCopy } from '../../shared/rules/authorize';
import type { Rules } from '../../shared/rules/rules';

export interface CopyArtifactDeps {
  readonly rules: Rules;
  /** Carries one allowed copy out, within the time that an attempt has. */
  readonly copy: (allowed: AllowedCopy, how: CopyInstructions) => Promise<ArtifactOutcome>;
}

/** What the job and its history say about how to copy. */
export interface CopyInstructions {
  readonly repair: boolean;
  /** An attempt before this one has finished no blob in its time: large ones are to go one at a time. */
  readonly blobByBlob: boolean;
  /** Of the message. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Counts what this copy sends and receives. */
  readonly traffic: Traffic;
}

/** Turns one copy job into the artifact at its target, as far as the rules of this function allow it. */
export function createCopyArtifact(
  deps: CopyArtifactDeps,
): (job: CopyJob, message: PubSubMessage, doubt: Doubt) => Promise<WorkResult> {
  return async (job, message, doubt) => {
    const authorization = authorize(deps.rules, job);
    if (!authorization.allowed) throw new JobRefusedError(job, authorization.why);
    const done: WorkResult[] = [];
    const instructions = {
      repair: job.repair,
      blobByBlob: historyOf(message).stalled > 0,
      attributes: message.attributes,
    };
    for (const copy of authorization.copies) {
      const traffic = emptyTraffic();
      try {
        done.push(await copyOne(deps, copy, { ...instructions, traffic }));
      } finally {
        doubt.isLeft ||= traffic.tagsInDoubt > 0;
      }
    }
    const [only, ...others] = done;
    if (only && others.length === 0) return only;
    return {
      outcome: done.some(({ outcome }) => outcome === 'copied') ? 'copied' : (only?.outcome ?? ''),
      line: done.map(({ line }) => line).join('; '),
      message: 'Copies finished',
      fields: { copies: done.map(({ outcome, fields }) => ({ outcome, ...fields })) },
    };
  };
}

/** What a job is about, for logs and dead letters: a job typed by hand may leave its rule to be found. */
export function describeJob(rules: Rules, job: CopyJob): Subject {
  const { source, target } = job;
  const authorization = authorize(rules, job);
  const rule = job.rule ?? (authorization.allowed ? authorization.copies[0].rule.name : undefined);
  return { source: formatArtifact(source), target, ...(rule !== undefined && { rule }) };
}

/**
 * The release that a job is about: none where the rules allow none, nor for an attachment, which is part of another
 * release.
 */
export function releaseOf(rules: Rules, job: CopyJob): Release | undefined {
  const copy = onlyCopyOf(rules, job);
  if (copy === undefined) return undefined;
  const { kind, rule, target, destination } = copy;
  const { digest } = references.detailsOf(job.source);
  return {
    target: target.name,
    rule: rule.name,
    kind,
    source: formatArtifact(job.source),
    destination: formatArtifact(destination),
    ...(digest !== undefined && { digest }),
  };
}

/** The copy of a release that a job asks for. */
export function onlyCopyOf(rules: Rules, job: CopyJob): AllowedCopy | undefined {
  const authorization = authorize(rules, job);
  const { isAttachment } = references.detailsOf(job.source);
  return authorization.allowed && !isAttachment ? authorization.copies[0] : undefined;
}

async function copyOne(
  deps: CopyArtifactDeps,
  allowed: AllowedCopy,
  instructions: CopyInstructions,
): Promise<WorkResult> {
  const { kind, rule, target, destination } = allowed;
  const source = formatArtifact(allowed.source);
  const fields = { kind, rule: rule.name, destination: formatArtifact(destination) };
  if (target.paused) {
    return {
      outcome: 'paused',
      line: `${target.name} is paused: ${source} is left to backfill`,
      message: 'Target is paused',
      fields,
    };
  }
  try {
    const copied = await deps.copy(allowed, instructions);
    const { outcome, seconds, asOf, ...rest } = copied;
    const { digest, bytes } = rest;
    return {
      outcome,
      line: describe(source, copied),
      message: outcome === 'copied' ? 'Copied' : 'Already there',
      fields: { ...fields, ...rest, copySeconds: seconds },
      news: { change: 'copied', time: asOf, about: { digest, bytes, duration: seconds } },
    };
  } catch (error) {
    if (!(error instanceof NotReleasedError)) throw error;
    return {
      outcome: 'not released',
      line: error.message,
      message: 'Attachment is not for the target',
      fields: { ...fields, subject: error.subject },
    };
  }
}

function describe(source: string, outcome: ArtifactOutcome): string {
  const { destination, digest, bytes, requests, seconds, notes } = outcome;
  const did =
    outcome.outcome === 'copied'
      ? `copied ${source} to ${destination} (${digest}, ${bytes} bytes, ${requests} requests, ${seconds.toFixed(2)} s)`
      : `${destination} already holds ${source} (${digest})`;
  return [did, ...notes].join('; ');
}
