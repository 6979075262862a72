import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The environment in which `terraform init` finds the google provider: from where TF_CLI_CONFIG_FILE says or from the
 * registry, else from ../shared/terraform where that exists. Undefined where it cannot be had.
 */
export function findProvider(root: string): NodeJS.ProcessEnv | undefined {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
  };
  const file = environment['TF_CLI_CONFIG_FILE'];
  if (file !== undefined && !isUsable(file)) delete environment['TF_CLI_CONFIG_FILE'];
  const setup = join(root, '..', 'shared', 'terraform', 'setup.sh');
  if (environment['TF_CLI_CONFIG_FILE'] !== undefined || !existsSync(setup)) return environment;
  const { stdout } = spawnSync(setup, ['--mirror'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const made = /^export TF_CLI_CONFIG_FILE='(.+)'$/m.exec(stdout)?.[1];
  return made === undefined ? undefined : { ...environment, TF_CLI_CONFIG_FILE: made };
}

/** An override of the provider serves `validate` and `test`, not `init`. */
function isUsable(file: string): boolean {
  return existsSync(file) && !readFileSync(file, 'utf8').includes('dev_overrides');
}
