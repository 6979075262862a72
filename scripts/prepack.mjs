// Before `npm pack`: builds the command line, and removes other builds, which would be packed with it (npm packs
// `main` whatever `files` says). What is missing then is built again by the next command that needs it.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['scripts/bundle.mjs', 'cli'], { stdio: ['ignore', 2, 2] });
