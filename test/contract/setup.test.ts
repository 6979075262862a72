import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';

const root = join(__dirname, '..', '..');
let clone: string;

/** A clone with nothing installed, and an npm that writes down what it was called for. */
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'relay-setup-'));
  for (const folder of ['scripts', 'bin']) mkdirSync(join(clone, folder));
  copyFileSync(join(root, 'scripts', 'setup.mjs'), join(clone, 'scripts', 'setup.mjs'));
  for (const name of ['package.json', 'package-lock.json']) writeFileSync(join(clone, name), '{}');
});
afterEach(() => rmSync(clone, { recursive: true }));

function npmThat(does: string): void {
  const npm = join(clone, 'bin', 'npm');
  writeFileSync(npm, `#!/bin/sh\necho "$1" >> calls\n${does}\n`);
  chmodSync(npm, 0o755);
}

const calls = () => readFileSync(join(clone, 'calls'), 'utf8').trim().split('\n');

async function setUp(...args: string[]) {
  const child = spawn(process.execPath, ['scripts/setup.mjs', ...args], {
    cwd: clone,
    env: { ...process.env, PATH: `${join(clone, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: child.exitCode, stdout, stderr };
}

it('installs and builds once, although it is started twice at once', async () => {
  npmThat(
    '[ "$1" = ci ] && mkdir -p node_modules && sleep 1; [ "$1" = run ] && mkdir -p dist; true',
  );
  const both = await Promise.all([setUp('build'), setUp('build')]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both.map(({ stdout }) => stdout).join('')).toBe('');
  expect(calls()).toEqual(['ci', 'run']);
  expect(both.map(({ stderr }) => stderr).join('')).toContain('Waiting for another start');
  expect(existsSync(join(clone, '.local', 'setup'))).toBe(false);
});

it('goes on where the one before was killed', async () => {
  npmThat('mkdir -p node_modules');
  mkdirSync(join(clone, '.local', 'setup'), { recursive: true });
  writeFileSync(join(clone, '.local', 'setup', 'pid'), '999999999');
  expect(await setUp()).toMatchObject({ code: 0 });
  expect(calls()).toEqual(['ci']);
});

it('has a sentence for a registry that does not answer, and no stack', async () => {
  npmThat(
    '[ "$1" = config ] && echo http://registry.example/ && exit 0; echo "npm error code ENOTFOUND" >&2; exit 1',
  );
  const { code, stderr } = await setUp();
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^Installing .*\nThe packages cannot be fetched: http:\/\/registry\.example\/ does not answer from here\. .*\n$/,
  );
});

it('hands on what npm says of anything else', async () => {
  npmThat('echo "npm error code EINTEGRITY" >&2; exit 7');
  const { code, stderr } = await setUp();
  expect(code).toBe(1);
  expect(stderr).toMatch(/EINTEGRITY\n"npm ci" failed with exit code 7\.\n$/);
});
