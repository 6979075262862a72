import { InvalidArgumentError, Option } from 'commander';
import { checkProject } from '../shared/doctor/before-deploy/project';
import { DEFAULT_SIZES, type FunctionSize } from '../shared/doctor/before-deploy/needs';
import type { Check } from '../shared/doctor/check';
import { gcrProjectsOf } from '../shared/doctor/events';
import { openGoogleApi } from '../shared/google/google-api';
import { loadCheckKinds } from '../shared/kinds/kinds';
import type { Rules } from '../shared/rules/rules';
import { openRegistries } from './registries';
import { UsageError, type Terminal } from './terminal';

export interface ProjectFlags {
  /** Project and region, once they were compared with their form. */
  readonly beforeDeploy: readonly string[];
  readonly instances?: Readonly<Record<string, number>>;
}

/** Two arguments, PROJECT and REGION; other questions of `doctor` cannot be asked with it. */
export function beforeDeployOption(): Option {
  return new Option(
    '--before-deploy <names...>',
    'check what may reject the first terraform apply: PROJECT REGION',
  ).conflicts(['offline', 'target', 'topic', 'project']);
}

/** `copy-artifact=40`, several with commas. */
export function instancesOption(): Option {
  return new Option(
    '--instances <sizes>',
    'with --before-deploy: max_instances by function, such as copy-artifact=40 (default: those of Terraform)',
  ).argParser(collectInstances);
}

function collectInstances(
  text: string,
  before: ProjectFlags['instances'] = {},
): Readonly<Record<string, number>> {
  const pairs = text.split(',').map((pair) => {
    const [name = '', count = ''] = pair.split('=');
    if (!Object.hasOwn(DEFAULT_SIZES, name) || !/^[1-9]\d{0,5}$/.test(count)) {
      const names = Object.keys(DEFAULT_SIZES).join(', ');
      throw new InvalidArgumentError(`Write NAME=N, with a name of ${names}.`);
    }
    return [name, Number(count)] as const;
  });
  return { ...before, ...Object.fromEntries(pairs) };
}

/** What may reject the first apply, with the caller's credentials. @throws {UsageError} for another number of arguments. */
export async function examineProject(
  terminal: Terminal,
  rules: Rules,
  { beforeDeploy, instances = {} }: ProjectFlags,
): Promise<Check[]> {
  const [project = '', region = '', ...more] = beforeDeploy;
  if (more.length > 0 || !PROJECT.test(project) || !REGION.test(region)) {
    throw new UsageError(
      `--before-deploy takes a project ID and a region, not "${beforeDeploy.join(' ')}". Write: --before-deploy vendor-release us-central1`,
    );
  }
  const registries = openRegistries(terminal);
  try {
    const emulator = terminal.env['GOOGLE_APIS_EMULATOR_HOST'];
    return await checkProject({
      api: openGoogleApi({ ...registries, quotaProject: project, emulator }),
      project,
      region,
      gcrProjects: gcrProjectsOf(await loadCheckKinds(), rules, project),
      sizes: sizesWith(instances),
    });
  } finally {
    await registries.close();
  }
}

const PROJECT = /^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const REGION = /^[a-z]+-[a-z]+\d+$/;

function sizesWith(instances: Readonly<Record<string, number>>): Record<string, FunctionSize> {
  return Object.fromEntries(
    Object.entries(DEFAULT_SIZES).map(([name, size]) => [
      name,
      { ...size, instances: instances[name] ?? size.instances },
    ]),
  );
}
