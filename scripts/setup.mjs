// Makes a fresh clone ready: `node scripts/setup.mjs [build]`. Plain Node 20, no dependency: it runs before any is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const installed = join(root, 'node_modules', '.installed-lock');
const built = join(root, 'dist', '.built');

if (!isInstalled()) {
  run('Installing packages (once, about half a minute) ...', ['ci', '--loglevel=error']);
  writeFileSync(installed, lock());
}
if (process.argv[2] === 'build' && !isBuilt()) {
  run('Building ...', ['run', '--silent', 'bundle']);
  writeFileSync(built, '');
}

function isInstalled() {
  return existsSync(installed) && readFileSync(installed, 'utf8') === lock();
}

function lock() {
  return readFileSync(join(root, 'package-lock.json'), 'utf8');
}

function isBuilt() {
  if (!existsSync(built)) return false;
  const since = statSync(built).mtimeMs;
  const sources = [
    'functions',
    'shared',
    'cli',
    'local',
    'scripts',
    'infra/subscriptions.json',
    'package-lock.json',
    'package.json',
  ];
  return sources.every((source) => newest(join(root, source)) <= since);
}

function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function run(message, npmArguments) {
  process.stderr.write(`${message}\n`);
  // Output goes to standard error: `npm run --silent relay -- … --json` owns standard output.
  const { status } = spawnSync('npm', npmArguments, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    process.stderr.write(`"npm ${npmArguments.join(' ')}" failed with exit code ${status}.\n`);
    process.exit(status ?? 1);
  }
}
