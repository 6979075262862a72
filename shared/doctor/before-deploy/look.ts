import type { GoogleApi } from '../../google/google-api';
import type { Check } from '../check';
import { diagnose, wrong } from '../diagnosis';
import { BOOTSTRAP_APIS, type FunctionSize } from './needs';

export interface Asked {
  readonly api: GoogleApi;
  /** The id of the project to deploy to. */
  readonly project: string;
  readonly region: string;
  /** The projects on whose topic `gcr` pushes to the sources are announced. */
  readonly gcrProjects: readonly string[];
  /** Instances of each function. */
  readonly sizes: Readonly<Record<string, FunctionSize>>;
}

export interface ProjectDeps extends Asked {
  /** By number: `projects/12345`. Unset if the API that knows it is off. */
  readonly projectName: string | undefined;
}

export interface Question extends Pick<Check, 'about' | 'what'> {
  /** The role that lets the caller ask. */
  readonly role: string;
  /** What the role is granted on. Default: `projects/` and the deployment's project. */
  readonly on?: string;
}

/**
 * The checks that `ask` resolves with. A question that Google does not answer is `skipped`, with the role that is missing or
 * the API that is off. What stops the apply as well is `wrong`: a denial by a perimeter, and an API that must be on by then.
 */
export async function look(
  { about, what, role, on }: Question,
  { project }: Pick<ProjectDeps, 'project'>,
  ask: () => Promise<Check[]>,
): Promise<Check[]> {
  try {
    return await ask();
  } catch (error) {
    const diagnosis = diagnose(error, {
      denied: `Let the caller read it:\n${grantRole(on ?? `projects/${project}`, role)}`,
      absent: `Check the name. Google also answers 404 to callers without ${role}.`,
    });
    const service = disabledApi(error);
    if (service !== undefined) {
      const state = BOOTSTRAP_APIS.includes(service) ? 'wrong' : 'skipped';
      const fix = enableApi(project, service);
      return [{ about, what, state, found: `unknown: ${service} is off`, fix }];
    }
    const { cause, found, fix } = diagnosis;
    if (cause === 'perimeter') return [wrong(about, what, diagnosis)];
    return [{ about, what, state: 'skipped', found: `unknown: ${found}`, fix }];
  }
}

/** The API that the project of the request has not enabled, by Google's message (error reason SERVICE_DISABLED). */
export function disabledApi(error: unknown): string | undefined {
  const text = error instanceof Error ? error.message : '';
  if (!/has not been used in project|it is disabled|SERVICE_DISABLED/.test(text)) return undefined;
  return /\b([a-z]+\.googleapis\.com)\/overview/.exec(text)?.[1] ?? hostOf(error);
}

/** The service's host is the first part of a path at an emulator. */
function hostOf(error: unknown): string | undefined {
  const url = error instanceof Error && 'url' in error ? String(error.url) : '';
  return /\b([a-z]+\.googleapis\.com)\//.exec(url)?.[1];
}

export function enableApi(project: string, ...services: readonly string[]): string {
  return `gcloud services enable ${services.join(' ')} --project=${project}`;
}

/** Grants a role on a project or an organization: `projects/vendor`, `organizations/123`. */
export function grantRole(on: string, role: string): string {
  const [kind = '', id = ''] = on.split('/');
  return [`gcloud ${kind} add-iam-policy-binding ${id}`, '--member=CALLER', `--role=${role}`].join(
    ' \\\n  ',
  );
}
