import type { WorkResult } from '../../shared/delivery/delivery';
import { historyOf, type CopyJob } from '../../shared/jobs/copy-job';
import type { PubSubMessage } from '../../shared/events/envelope';
import type { ArtifactEvent, Planning, SourceAccess } from '../../shared/jobs/events';
import type { Coalescer } from '../../shared/async/sharing';
import type { Rules } from '../../shared/rules/rules';
import { counted } from '../../shared/text/names';

export interface PlanCopiesDeps extends SourceAccess {
  readonly rules: Rules;
  readonly publishJobs: (jobs: readonly CopyJob[]) => Promise<void>;
  readonly coalescer: Coalescer;
  readonly graceSeconds: number;
}

/** Turns one event, which came in this message, into one copy job for each rule and target that want it. */
export function createPlanCopies(
  deps: PlanCopiesDeps,
): (
  event: ArtifactEvent,
  message: Pick<PubSubMessage, 'attributes' | 'publishTime'>,
) => Promise<WorkResult> {
  const { clock, graceSeconds } = deps;
  return async (event, message) => {
    const isNew = clock.now() - historyOf(message).since.getTime() < graceSeconds * 1000;
    const planning = { ...deps, isNew };
    const { about, whyIgnored, changeWindow } = event;
    if (whyIgnored !== undefined) return ignored(whyIgnored);
    if (changeWindow === undefined) return plan(event, deps, planning);
    const done = await deps.coalescer.once(changeWindow, () => plan(event, deps, planning));
    return done ?? ignored(`${about} has been looked at since: nothing to copy`);
  };
}

async function plan(
  event: ArtifactEvent,
  deps: PlanCopiesDeps,
  planning: Planning,
): Promise<WorkResult> {
  const { about } = event;
  const planned = await event.plan(deps.rules, planning);
  if (typeof planned === 'string') return ignored(`${about} ${planned}: nothing to copy`);
  const { jobs, waiting } = 'jobs' in planned ? planned : { jobs: planned, waiting: [] };
  const waits = `${listed(waiting)} ${waiting.length === 1 ? 'waits' : 'wait'} for an earlier stage`;
  if (jobs.length === 0) {
    const message = 'Release waits for an earlier stage';
    return { outcome: 'waiting', line: `${about}: ${waits}`, message, fields: { waiting } };
  }
  await deps.publishJobs(jobs);
  const targets = [...new Set(jobs.map(({ target }) => target))];
  const line = `${about}: ${counted(jobs.length, 'copy job')} published, for ${listed(targets)}`;
  return {
    outcome: 'planned',
    line: waiting.length === 0 ? line : `${line}; ${waits}`,
    message: 'Copy jobs published',
    fields: {
      jobs: jobs.length,
      targets: targets.length,
      ...(waiting.length > 0 && { waiting }),
    },
  };
}

function ignored(line: string): WorkResult {
  return { outcome: 'ignored', line, message: 'Nothing to copy', fields: { why: line } };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length <= 10 ? shown : `${shown} and ${names.length - 10} more`;
}
