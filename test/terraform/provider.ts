import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withoutSettings } from './environment';

/**
 * The environment in which `terraform init` has the google provider: from where TF_CLI_CONFIG_FILE says, from
 * ../shared/terraform where that exists, or from the registry. Undefined where it cannot be had.
 */
export function findProvider(root: string): NodeJS.ProcessEnv | undefined {
  const environment: NodeJS.ProcessEnv = {
    ...withoutSettings(process.env),
    TF_REGISTRY_CLIENT_TIMEOUT: '10',
    TF_REGISTRY_DISCOVERY_RETRY: '1',
  };
  const file = environment['TF_CLI_CONFIG_FILE'];
  if (file === undefined || !isUsable(file)) {
    delete environment['TF_CLI_CONFIG_FILE'];
    Object.assign(environment, sharedProvider(root) ?? downloads(root));
  }
  return canInitialize(root, environment) ? environment : undefined;
}

/** An override of the provider serves `validate` and `test`, not `init`. */
function isUsable(file: string): boolean {
  return existsSync(file) && !readFileSync(file, 'utf8').includes('dev_overrides');
}

function sharedProvider(root: string): NodeJS.ProcessEnv | undefined {
  const setup = join(root, '..', 'shared', 'terraform', 'setup.sh');
  if (!existsSync(setup)) return undefined;
  const { stdout } = spawnSync(setup, ['--mirror'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
  });
  const made = /^export TF_CLI_CONFIG_FILE='(.+)'$/m.exec(stdout)?.[1];
  return made === undefined ? undefined : { TF_CLI_CONFIG_FILE: made };
}

/** One download for all configurations. */
function downloads(root: string): NodeJS.ProcessEnv {
  const cache = join(root, 'dist', 'terraform-providers');
  mkdirSync(cache, { recursive: true });
  return { TF_PLUGIN_CACHE_DIR: cache, TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: '1' };
}

function canInitialize(root: string, env: NodeJS.ProcessEnv): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'relay-provider-'));
  copyFileSync(
    join(root, 'infra', 'modules', 'vendor', 'versions.tf'),
    join(folder, 'versions.tf'),
  );
  const line = ['init', '-backend=false', '-input=false', '-no-color'];
  const { status } = spawnSync('terraform', line, {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 2],
  });
  rmSync(folder, { recursive: true });
  return status === 0;
}
