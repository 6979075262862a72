import { readFunctionLog } from '../shared/google/function-log';
import { GoogleCredentialsError } from '../shared/google/credentials-error';
import { openGoogleApi } from '../shared/google/google-api';
import type { Finding } from '../shared/inventory/finding';
import { needsLog, withReasons, type History } from '../shared/inventory/reasons/copy-reason';
import { readLogLines } from '../shared/inventory/reasons/log-line';
import { releaseName } from '../shared/kinds/references';
import { RegistryError } from '../shared/oci/http/errors';
import type { Rules } from '../shared/rules/rules';
import { systemClock } from '../shared/system/clock';
import { withRegistries } from './registries';
import type { Terminal } from './terminal';

/** Findings with their reasons, and one line about what could not be read. */
export interface Explained {
  readonly findings: readonly Finding[];
  readonly note?: string;
}

/** Explains what differs; reads the functions' log, with one query, only if that can explain something. */
export async function explainFindings(
  terminal: Terminal,
  rules: Rules,
  findings: readonly Finding[],
): Promise<Explained> {
  const asked = findings.filter(needsLog);
  const read = asked.length === 0 ? {} : await readHistory(terminal, asked);
  return {
    findings: withReasons(rules, findings, read.history, systemClock.now()),
    note: read.note,
  };
}

interface Read {
  readonly history?: History;
  readonly note?: string;
}

const DAY_MS = 86_400_000;
/** Cloud Logging keeps entries for 30 days unless configured otherwise. */
const LOG_DAYS = 30;
const NO_REASONS = 'Some reasons are unknown:';

async function readHistory(terminal: Terminal, asked: readonly Finding[]): Promise<Read> {
  const { env } = terminal;
  const emulator = env['LOGGING_EMULATOR_HOST'];
  // Stand-ins without a log.
  if (emulator === undefined && env['ARTIFACT_REGISTRY_EMULATOR_HOST'] !== undefined) return {};
  const deployment = deploymentOf(env);
  if (deployment === undefined) {
    const note = `${NO_REASONS} the functions' log was not read. Set "project" in relay.yaml, and "topic" if its name has a prefix.`;
    return { note };
  }
  const { project, prefix } = deployment;
  const services = ['plan-copies', 'copy-artifact'].map((name) => `${prefix}${name}`);
  const from = new Date(systemClock.now() - LOG_DAYS * DAY_MS);
  try {
    return await withRegistries(terminal, async (registries) => {
      const api = openGoogleApi({ ...registries, quotaProject: project, emulator });
      const { entries, isComplete } = await readFunctionLog(api, {
        ...{ project, services },
        from,
        targets: [...new Set(asked.map(({ target }) => target.name))],
        sources: [...new Set(asked.map(({ source }) => releaseName(source)))],
      });
      const lines = entries.flatMap(readLogLines);
      const note = isComplete
        ? undefined
        : `${NO_REASONS} only the newest entries of the functions' log were read. Narrow it with --target or --image.`;
      return { history: { lines, from, isComplete }, note };
    });
  } catch (error) {
    return { note: unread(error, project) };
  }
}

/** Only what is expected of a service that cannot be read; a status must not fail because of its reasons. */
function unread(error: unknown, project: string): string {
  if (error instanceof RegistryError && error.status === 403) {
    return `${NO_REASONS} the log of project ${project} is denied. Grant roles/logging.viewer on the project, or pass --no-reasons.`;
  }
  const why = error instanceof Error ? error.message : String(error);
  const toDo = error instanceof GoogleCredentialsError ? '' : ' Retry, or pass --no-reasons.';
  return `${NO_REASONS} the functions' log cannot be read: ${why}.${toDo}`;
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
