import { UsageError, type Terminal } from './terminal';

export interface ResourceFlags {
  readonly project?: string;
}

/**
 * The full name of a Pub/Sub topic or subscription: as given if it is one already, else within the project of `--project`,
 * GOOGLE_CLOUD_PROJECT or COPY_JOBS_TOPIC.
 *
 * @throws {UsageError} when no project is known, or the name is none.
 */
export function resourceName(
  kind: 'topics' | 'subscriptions',
  name: string,
  { project }: ResourceFlags,
  env: Terminal['env'],
): string {
  if (name.includes('/') || !PART.test(name)) return fullName(kind, name);
  const known = project ?? env['GOOGLE_CLOUD_PROJECT'] ?? env['COPY_JOBS_TOPIC']?.split('/')[1];
  if (known === undefined || known === '') {
    throw new UsageError(
      `Project of ${name} unknown. Pass --project, set GOOGLE_CLOUD_PROJECT, or pass its full name, projects/P/${kind}/${name}.`,
    );
  }
  return `projects/${known}/${kind}/${name}`;
}

const PART = /^[^/\s]+$/;

function fullName(kind: 'topics' | 'subscriptions', name: string): string {
  const [projects, project = '', kinds, last = '', ...more] = name.split('/');
  const isFull = projects === 'projects' && kinds === kind && more.length === 0;
  if (isFull && PART.test(project) && PART.test(last)) return name;
  throw new UsageError(
    `"${name}" is no name: write it alone, or in full, projects/P/${kind}/NAME.`,
  );
}
