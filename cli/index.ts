import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What the HTTP client and Google's clients need. */
const NEEDED = { major: 22, minor: 19 };

if (isNewEnough(process.versions.node)) void import('./main.js');
else runOnNewerNode();

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > NEEDED.major || (major === NEEDED.major && minor >= NEEDED.minor);
}

/** A checkout brings a Node of its own as a package; npm's scripts use it, and so does a command that is called without npm. */
function runOnNewerNode(): void {
  const node = findNodePackage();
  if (node === undefined) {
    process.stderr.write(
      `relay needs Node ${NEEDED.major}.${NEEDED.minor} or newer; this is ${process.versions.node}.\n`,
    );
    process.exitCode = 1;
    return;
  }
  const { status, signal, error } = spawnSync(node, [__filename, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  if (error !== undefined) process.stderr.write(`${node} cannot be run: ${error.message}\n`);
  if (signal !== null) process.kill(process.pid, signal);
  process.exitCode = status ?? 1;
}

function findNodePackage(): string | undefined {
  try {
    return join(dirname(createRequire(__filename).resolve('node/package.json')), 'bin', 'node');
  } catch {
    return undefined;
  }
}
