import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** What an interop test may need from the machine; `pubsub-emulator` is Google's jar, `kfp` a Python that has the package. */
export type Tool =
  | 'bash'
  | 'chromium'
  | 'conformance'
  | 'cosign'
  | 'crane'
  | 'docker-registry'
  | 'fake-gcs-server'
  | 'fish'
  | 'gcrane'
  | 'java'
  | 'kfp'
  | 'oras'
  | 'pubsub-emulator'
  | 'python3'
  | 'regctl'
  | 'skopeo'
  | 'zsh';

const EMULATOR_JARS = 'platform/pubsub-emulator/lib';
const GCLOUD_ROOTS = [
  '/usr/lib/google-cloud-sdk',
  '/opt/google-cloud-sdk',
  '/usr/local/google-cloud-sdk',
  '/usr/lib64/google-cloud-sdk',
  '/snap/google-cloud-cli/current',
  join(homedir(), 'google-cloud-sdk'),
];

/** The path of a tool, or `undefined` when this machine does not have it. */
export function findTool(tool: Tool): string | undefined {
  if (tool === 'pubsub-emulator') return findEmulator();
  return tool === 'kfp' ? findKfp() : findExecutable(tool);
}

/** @throws {Error} that says how to get the tool. */
export function requireTool(tool: Tool): string {
  const path = findTool(tool);
  if (path === undefined) throw new Error(howToGet(tool));
  return path;
}

/** Runs a tool to its end and gives what it printed on standard output, trimmed; a failure has its standard error in the message. */
export async function run(
  tool: Tool,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(requireTool(tool), args, {
    ...options,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.trim();
}

/**
 * `describe` for tests that need tools. Without them the tests are skipped and their name says why; with CI set, where a skip
 * would go unseen, they fail.
 */
export function describeWith(tools: readonly Tool[], name: string, tests: () => void): void {
  const missing = tools.filter((tool) => findTool(tool) === undefined).map(howToGet);
  if (missing.length === 0) {
    describe(name, tests);
  } else if (process.env['CI'] === undefined) {
    describe.skip(`${name} (not run: ${missing.join('; ')})`, tests);
  } else {
    describe(name, () => {
      it('has its tools', () => {
        throw new Error(missing.join('; '));
      });
    });
  }
}

const NOT_INSTALLED_BY_SCRIPT: Partial<Record<Tool, string>> = {
  bash: 'install it',
  java: 'install a Java runtime, 11 or newer',
  python3: 'install Python 3.9 or newer',
  'pubsub-emulator': 'run "gcloud components install pubsub-emulator", or install its package',
};

function howToGet(tool: Tool): string {
  const remedy = NOT_INSTALLED_BY_SCRIPT[tool] ?? 'run scripts/install-interop-tools.sh';
  return `${tool} is missing: ${remedy}`;
}

function findExecutable(name: string): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  const go = [process.env['GOBIN'], join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'bin')];
  return [...go, ...path]
    .filter((folder) => folder !== undefined && folder !== '')
    .map((folder) => join(folder ?? '', name))
    .find((file) => existsSync(file));
}

/** Where scripts/install-interop-tools.sh makes the virtual environment. */
function findKfp(): string | undefined {
  const data = process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share');
  const python = join(data, 'registry-relay/kfp/bin/python');
  return existsSync(python) ? python : undefined;
}

function findEmulator(): string | undefined {
  for (const root of [...GCLOUD_ROOTS, gcloudRoot()]) {
    const folder = join(root ?? '', EMULATOR_JARS);
    if (root === undefined || !existsSync(folder)) continue;
    const jar = readdirSync(folder).find((name) => name.endsWith('.jar'));
    if (jar !== undefined) return join(folder, jar);
  }
  return undefined;
}

function gcloudRoot(): string | undefined {
  if (findExecutable('gcloud') === undefined) return undefined;
  const args = ['info', '--format=value(installation.sdk_root)'];
  return execFileSync('gcloud', args, { encoding: 'utf8' }).trim();
}
