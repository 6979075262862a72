// `npm run check:terraform`, first half: format, validation and tests of every configuration below infra/. The provider's
// schema comes from TF_CLI_CONFIG_FILE or `terraform init`, else from ../shared/terraform where that exists. Where there is
// none, or no terraform, that is said plainly, and in CI it is a failure. The second half is apply-examples.mjs.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { loadTypeScript } from './load.mjs';

const root = join(import.meta.dirname, '..');
const infra = join(root, 'infra');
const { withoutSettings } = await loadTypeScript('test/terraform/environment.ts');
const environment = {
  ...withoutSettings(process.env),
  TF_CLI_ARGS_validate: '-no-color',
  TF_CLI_ARGS_test: '-no-color',
};
// A name without a file makes Terraform warn at every call.
if (!existsSync(environment.TF_CLI_CONFIG_FILE ?? '')) delete environment.TF_CLI_CONFIG_FILE;

if (terraform(infra, ['version']).error) {
  leaveOut('terraform is not installed: infra/ is NOT checked.');
} else {
  for (const folder of foldersOf(/\.(?:tf|tftest\.hcl)$/)) {
    expect(folder, ['fmt', '-check', '-diff', ...sharedFiles(folder)], 'fmt');
  }
  const initialize = findProvider();
  if (initialize === undefined) {
    leaveOut('The google provider cannot be had here: infra/ is NOT validated and NOT tested.');
  } else {
    for (const folder of foldersOf(/\.tf$/)) checkConfiguration(folder, initialize);
  }
}

function leaveOut(message) {
  console.error(message);
  if (process.env.CI) process.exitCode = 1;
}

/** The command that makes a configuration ready, once a provider is found; `get` if init could not find it. */
function findProvider() {
  const file = environment.TF_CLI_CONFIG_FILE;
  if (file !== undefined && readFileSync(file, 'utf8').includes('dev_overrides')) return ['get'];
  const init = ['init', '-backend=false', '-input=false'];
  const impatient = { TF_REGISTRY_CLIENT_TIMEOUT: '10', TF_REGISTRY_DISCOVERY_RETRY: '1' };
  if (terraform(infra, [...init, '-lockfile=readonly'], impatient).status === 0) return init;
  const setup = join(root, '..', 'shared', 'terraform', 'setup.sh');
  if (!existsSync(setup)) return undefined;
  const { stdout } = spawnSync(setup, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const made = /^export TF_CLI_CONFIG_FILE='(.+)'$/m.exec(stdout)?.[1];
  if (made === undefined) return undefined;
  environment.TF_CLI_CONFIG_FILE = made;
  return ['get'];
}

/** Every folder with such files of its own. */
function foldersOf(names) {
  const folders = readdirSync(infra, { recursive: true, withFileTypes: true })
    .filter(({ name, parentPath }) => names.test(name) && !parentPath.includes('.terraform'))
    .map(({ parentPath }) => parentPath);
  return [...new Set(folders)].sort();
}

/** A backend and variables are those of who deploys, and as they like them. */
function sharedFiles(folder) {
  return readdirSync(folder).filter(
    (name) => /\.(?:tf|tftest\.hcl)$/.test(name) && name !== 'backend.tf',
  );
}

function checkConfiguration(folder, initialize) {
  // What a mirror holds is not what the registry's lock is of.
  const locked = initialize[0] === 'init' && existsSync(join(folder, '.terraform.lock.hcl'));
  expect(folder, [...initialize, ...(locked ? ['-lockfile=readonly'] : [])]);
  expect(folder, ['validate']);
  if (existsSync(join(folder, 'tests'))) expect(folder, ['test']);
}

/** Runs one command; its output is shown when it fails. */
function expect(folder, line, name = line.join(' ')) {
  const what = `${relative(root, folder)}: terraform ${name}`;
  const { status, stdout, stderr } = terraform(folder, line);
  if (status === 0) {
    console.log(`${what}: ${/\d+ passed/.exec(stdout)?.[0] ?? 'ok'}`);
    return;
  }
  console.error(`${what} failed:\n${stdout}${stderr}`);
  process.exitCode = 1;
}

function terraform(folder, line, more = {}) {
  return spawnSync('terraform', line, {
    cwd: folder,
    env: { ...environment, ...more },
    encoding: 'utf8',
  });
}
