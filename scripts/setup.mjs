// Makes a fresh clone ready: `node scripts/setup.mjs [build]`. No dependency: it runs before any is installed. It must load
// on any Node that people have, to be able to say that it is too old.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST = 20;
/** What npm prints if the registry does not answer. */
const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT/;
/** As patient as npm is, but for the minutes in which it says nothing. */
const PATIENCE = [
  '--fetch-retries=2',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=4000',
];

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const installed = join(root, 'node_modules', '.installed-lock');
const built = join(root, 'dist', '.built');
const wantsBuild = process.argv[2] === 'build';

if (Number(process.versions.node.split('.')[0]) < OLDEST) {
  fail(
    `This checkout needs Node ${OLDEST} or newer to set itself up; this is ${process.versions.node}.`,
  );
}
if (!isReady()) alone(makeReady);

function isReady() {
  return isInstalled() && (!wantsBuild || isBuilt());
}

function makeReady() {
  // An earlier process may have done it all.
  if (!isInstalled()) {
    install();
    writeFileSync(installed, lockFile());
  }
  if (wantsBuild && !isBuilt()) {
    tell('Building ...');
    const { status } = npm(['run', '--silent', 'bundle'], 2);
    if (status !== 0) fail(`"npm run bundle" failed with exit code ${status}.`);
    writeFileSync(built, '');
  }
}

function install() {
  tell('Installing packages (once, about half a minute) ...');
  const { status, stderr } = npm(['ci', '--loglevel=error', ...PATIENCE], 'pipe');
  if (status === 0) return;
  const said = String(stderr);
  if (UNREACHABLE.test(said)) {
    const registry = String(npm(['config', 'get', 'registry'], 'pipe').stdout).trim();
    fail(
      `The packages cannot be fetched: ${registry} does not answer from here. Check the network and, behind a proxy, "npm config get proxy"; then run it again.`,
    );
  }
  process.stderr.write(said);
  fail(`"npm ci" failed with exit code ${status}.`);
}

/** Two that are started at once would delete each other's packages: the second waits for the first. */
function alone(work) {
  const folder = join(root, '.local', 'setup');
  mkdirSync(dirname(folder), { recursive: true });
  for (let waits = false; !take(folder);) {
    if (!waits) tell('Waiting for another start, which installs and builds ...');
    waits = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  const release = () => rmSync(folder, { recursive: true, force: true });
  process.on('exit', release);
  work();
}

/** A folder can be made by one alone; who was killed has left his. */
function take(folder) {
  const owner = join(folder, 'pid');
  try {
    mkdirSync(folder);
    writeFileSync(owner, String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const pid = existsSync(owner) ? Number(readFileSync(owner, 'utf8')) : NaN;
  const isOld = !existsSync(folder) || Date.now() - statSync(folder).mtimeMs > 10_000;
  if (pid > 0 ? !isRunning(pid) : isOld) rmSync(folder, { recursive: true, force: true });
  return false;
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function isInstalled() {
  return existsSync(installed) && readFileSync(installed, 'utf8') === lockFile();
}

function lockFile() {
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

/** What npm prints goes to standard error: `npm run --silent relay -- … --json` owns standard output. */
function npm(words, stderr) {
  const stdout = stderr === 2 ? 2 : 'pipe';
  return spawnSync('npm', words, { cwd: root, stdio: ['ignore', stdout, stderr] });
}

function tell(message) {
  process.stderr.write(`${message}\n`);
}

function fail(message) {
  tell(message);
  process.exit(1);
}
