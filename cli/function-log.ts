import { GoogleCredentialsError } from '../shared/google/credentials-error';
import { readFunctionLog, type LogQuery } from '../shared/google/function-log';
import { openGoogleApi } from '../shared/google/google-api';
import type { History } from '../shared/inventory/reasons/copy-reason';
import { readLogLines } from '../shared/inventory/reasons/log-line';
import { RegistryError } from '../shared/oci/http/errors';
import { systemClock } from '../shared/system/clock';
import { withRegistries } from './registries';
import type { Terminal } from './terminal';

/** What the functions logged, or why it cannot be read. Neither where stand-ins have no log. */
export interface ReadLog {
  readonly history?: History;
  /** A sentence without its beginning, with the fix. */
  readonly problem?: string;
}

const DAY_MS = 86_400_000;
/** Cloud Logging keeps entries for 30 days unless configured otherwise. */
export const LOG_DAYS = 30;

/** Reads what the functions of this deployment logged about these targets and sources; of none: about all. */
export async function readLog(
  terminal: Terminal,
  about: Pick<LogQuery, 'targets' | 'sources'>,
): Promise<ReadLog> {
  const { env } = terminal;
  const emulator = env['LOGGING_EMULATOR_HOST'];
  if (emulator === undefined && env['ARTIFACT_REGISTRY_EMULATOR_HOST'] !== undefined) return {};
  const deployment = deploymentOf(env);
  if (deployment === undefined) {
    const problem =
      'the project of the functions\' log is unknown. Set "project" in relay.yaml, and "topic" if its name has a prefix.';
    return { problem };
  }
  const { project, prefix } = deployment;
  const services = ['plan-copies', 'copy-artifact'].map((name) => `${prefix}${name}`);
  const from = new Date(systemClock.now() - LOG_DAYS * DAY_MS);
  try {
    return await withRegistries(terminal, async (registries) => {
      const api = openGoogleApi({ ...registries, quotaProject: project, emulator });
      const found = await readFunctionLog(api, { ...about, project, services, from });
      const { entries, isComplete } = found;
      return { history: { lines: entries.flatMap(readLogLines), from, isComplete } };
    });
  } catch (error) {
    return { problem: problemOf(error, project) };
  }
}

/** Only what is expected of a service that cannot be read: a status must not fail because of its reasons. */
function problemOf(error: unknown, project: string): string {
  if (error instanceof RegistryError && error.status === 403) {
    return `the log of project ${project} is denied. Grant roles/logging.viewer on the project.`;
  }
  const why = error instanceof Error ? error.message : String(error);
  const toDo = error instanceof GoogleCredentialsError ? '' : ' Retry.';
  return `the functions' log cannot be read: ${why}.${toDo}`;
}

const TOPIC = /^projects\/([^/]+)\/topics\/(.*)copy-jobs$/;

/** The functions have the prefix of the topic. Undefined if no project is known, or the topic has a name of its own. */
function deploymentOf(
  env: Terminal['env'],
): { readonly project: string; readonly prefix: string } | undefined {
  const { COPY_JOBS_TOPIC: topic = 'copy-jobs', GOOGLE_CLOUD_PROJECT: own } = env;
  const name = topic.includes('/') ? topic : `projects/${own ?? ''}/topics/${topic}`;
  const match = TOPIC.exec(name);
  const [, project = '', prefix = ''] = match ?? [];
  return match === null ? undefined : { project, prefix };
}
