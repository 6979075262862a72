import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

const folder = mkdtempSync(join(tmpdir(), 'relay-width-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LONG = 'us-central1-docker.pkg.dev/vendor/releases-of-all-products/services/api';
const TARGETS = Array.from({ length: 8 }, (_, at) => `customer-number-${at}`);

/** Nothing listens there: whatever is asked fails. */
const rules = (source: string): string => `targets:
${TARGETS.map((name) => `  ${name}: { repository: '127.0.0.1:1/registry-of-${name}/from-vendor' }`).join('\n')}
groups: { everyone: [${TARGETS.join()}] }
rules:
  - name: all-services-of-the-product
    source: '${source}'
    tags: { semver: '>=1.4.0 <3', exclude: ['*-rc*', '*-beta*', '*-alpha*', 'nightly-*'] }
    targets: [everyone, ${TARGETS[3] ?? ''}]
`;
const files = {
  google: join(folder, 'google.yaml'),
  here: join(folder, 'here.yaml'),
  wrong: join(folder, 'wrong.yaml'),
};
writeFileSync(files.google, rules(LONG.slice(0, LONG.lastIndexOf('/'))));
writeFileSync(files.here, rules('127.0.0.1:1/vendor/releases'));
writeFileSync(
  files.wrong,
  rules(LONG).replace(
    'exclude',
    `platforms: [windows/s390x], image: [${'x, '.repeat(60)}], exclude`,
  ),
);

const RELEASE = `${LONG}:1.4.2`;
const AT = ['--rules', files.google];

it.each([60, 80, 200])('every command keeps to %i columns', async (columns) => {
  const calls = [
    ['check', ...AT],
    ['check', '--target', 'customer-number-3', ...AT],
    ['check', '--rules', files.wrong],
    ['check', '--rules', join(folder, 'a-file-that-is-not-there-at-all.yaml')],
    ['explain', RELEASE, ...AT],
    ['explain', RELEASE, '--target', 'everyone', ...AT],
    ['explain', `${LONG}:1.5.0-rc.1`, ...AT],
    ['republish', RELEASE, ...AT],
    ['republish', RELEASE, '--all', ...AT],
    ['status', '--target', 'custmer-number-3', ...AT],
    ['status', '--rules', files.here],
    ['backfill', '--rules', files.here],
    ['plan', '--base', files.here, '--rules', files.here],
    ['copy', '127.0.0.1:1/vendor/releases/api:1.4.2', '127.0.0.1:1/acme/api'],
    ['copy', RELEASE, '127.0.0.1:1/acme/api', '--platform', 'windows/s390x'],
    ['statements', '127.0.0.1:1/vendor/releases/api:1.4.2', '--rules', files.here],
    ['evidence', RELEASE, ...AT],
    ['doctor', '--offline', ...AT],
    ...['status', 'evidence', 'doctor', 'plan', 'republish'].map((name) => [name, '--help']),
  ];
  for (const args of calls) {
    const { terminal, stdout, stderr } = captureTerminal(
      { DOCKER_CONFIG: folder, TERM: 'dumb' },
      { isTTY: true, columns },
    );
    await runCli(args, terminal);
    const text = stdout() + stderr();
    expect({ args, text }).toEqual({ args, text: expect.stringMatching(/\S/) as string });
    // What stays whole so that it can be copied: an address in an error, and an example.
    const isWhole = (line: string): boolean => /\S{50}/.test(line) || line.startsWith('  relay');
    const long = text.split('\n').filter((line) => line.length > columns && !isWhole(line));
    expect({ args, long }).toEqual({ args, long: [] });
    expect(text).not.toContain('\u001b');
  }
});
