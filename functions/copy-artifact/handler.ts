import { NotReleasedError } from '../../shared/copying/errors';
import type { ArtifactOutcome } from '../../shared/copying/attempt';
import type { Task, WorkResult } from '../../shared/delivery/delivery';
import type { Release } from '../../shared/delivery/release-event';
import { WorkError } from '../../shared/delivery/work-error';
import type { PubSubMessage } from '../../shared/events/envelope';
import { historyOf, type CopyJob, JobRefusedError } from '../../shared/jobs/copy-job';
import { type Traffic, emptyTraffic } from '../../shared/oci/http/traffic';
import type { Clock } from '../../shared/system/clock';
import { formatArtifact, references } from '../../shared/kinds/references';
import { authorize, type AllowedCopy } from '../../shared/rules/authorize';
import { catchUpOf, describePause, pauseFields, pauseOf } from '../../shared/rules/pauses';
import type { Rules } from '../../shared/rules/rules';

export interface CopyArtifactDeps {
  readonly rules: Rules;
  readonly clock: Pick<Clock, 'now'>;
  /** Carries one allowed copy out, within the time that an attempt has. */
  readonly copy: (allowed: AllowedCopy, how: CopyInstructions) => Promise<ArtifactOutcome>;
  /** Returns what the destination of a copy holds at this moment, if anything. */
  readonly holds: (allowed: AllowedCopy) => Promise<string | undefined>;
}

/** What the job and its history say about how to copy. */
export interface CopyInstructions {
  readonly repair: boolean;
  /** An attempt before this one has finished no blob in its time: large ones are to go one at a time. */
  readonly blobByBlob: boolean;
  /** Of the message. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Share of an attempt's time that this copy may take, above 0 and at most 1. */
  readonly share: number;
  /** Counts what this copy sends and receives. */
  readonly traffic: Traffic;
}

/** Authorizes a copy job by the rules of this function, and returns the work that brings its artifact to its target. */
export function createCopyArtifact(deps: CopyArtifactDeps): (job: CopyJob) => Task {
  return (job) => {
    const authorization = authorize(deps.rules, job);
    const { source, target } = job;
    const subject = { source: formatArtifact(source), target };
    if (!authorization.allowed) {
      const refused = new JobRefusedError(job, authorization.why);
      return {
        subject: { ...subject, rule: job.rule },
        run: () => Promise.reject(refused),
      };
    }
    const { copies } = authorization;
    const [first] = copies;
    const task = {
      subject: { ...subject, rule: job.rule ?? first.rule.name },
      run: (message: PubSubMessage) => copyAll(deps, job, copies, message),
    };
    // An attachment is part of another release.
    if (references.detailsOf(source).isAttachment) return task;
    return { ...task, release: releaseOf(job, first), holds: () => deps.holds(first) };
  };
}

function releaseOf({ source }: CopyJob, { kind, rule, target, destination }: AllowedCopy): Release {
  const { digest } = references.detailsOf(source);
  return {
    target: target.name,
    rule: rule.name,
    kind,
    source: formatArtifact(source),
    destination: formatArtifact(destination),
    digest,
  };
}

/** Tries every copy, whatever the others come to. @throws {WorkError} with the error of each that failed. */
async function copyAll(
  deps: CopyArtifactDeps,
  { repair }: CopyJob,
  copies: readonly AllowedCopy[],
  message: PubSubMessage,
): Promise<WorkResult> {
  const { attributes } = message;
  const blobByBlob = historyOf(message).stalled > 0;
  const done: WorkResult[] = [];
  const errors: unknown[] = [];
  let hasUnconfirmedWrite = false;
  for (const copy of copies) {
    const traffic = emptyTraffic();
    const share = 1 / copies.length;
    try {
      done.push(await copyOne(deps, copy, { repair, blobByBlob, attributes, share, traffic }));
    } catch (error) {
      errors.push(error);
    }
    hasUnconfirmedWrite ||= traffic.unconfirmedTagWrites > 0;
  }
  if (errors.length > 0) throw new WorkError(errors, hasUnconfirmedWrite);
  const [only, ...others] = done;
  if (only && others.length === 0) return { ...only, hasUnconfirmedWrite };
  return {
    outcome: done.some(({ outcome }) => outcome === 'copied') ? 'copied' : (only?.outcome ?? ''),
    line: done.map(({ line }) => line).join('; '),
    message: 'Copies finished',
    fields: { copies: done.map(({ outcome, fields }) => ({ outcome, ...fields })) },
    hasUnconfirmedWrite,
  };
}

async function copyOne(
  deps: CopyArtifactDeps,
  allowed: AllowedCopy,
  instructions: CopyInstructions,
): Promise<WorkResult> {
  const { kind, rule, target, destination } = allowed;
  const source = formatArtifact(allowed.source);
  const fields = { kind, rule: rule.name, destination: formatArtifact(destination) };
  const pause = pauseOf(target, deps.clock.now());
  if (pause) {
    const { pausedUntil, pauseReason } = pauseFields(pause);
    return {
      outcome: 'paused',
      line: `${target.name} is ${describePause(pause)}; ${source} is not copied; ${catchUpOf(pause)}`,
      message: 'Target is paused',
      fields: { ...fields, pausedUntil, pauseReason },
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
      statusChange: { change: 'copied', time: asOf, about: { digest, bytes, duration: seconds } },
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
