import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { image } from '../local/images/image';
import { push } from '../local/images/push';
import { createArtifactRegistryServer } from '../local/servers/artifact-registry/artifact-registry';
import { catalogOf } from '../local/servers/artifact-registry/catalog';
import { createLogServer, type LogServer, type LogServerQuery } from '../local/servers/log/log';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import { ApiError } from '../local/servers/replies';
import { captureTerminal } from '../test/support/terminal';
import { ANSWERS } from './answers';
import { runCli } from './program';

const folder = mkdtempSync(join(tmpdir(), 'relay-reasons-'));
const rulesFile = join(folder, 'rules.yaml');
const TARGETS = ['acme', 'globex', 'initech', 'hooli'];
const content = image({ config: { seed: 'content' } });
const HOUR_MS = 60 * 60 * 1000;

let vendor: Registry;
let customers: Registry;
let api: { address: string; close: () => Promise<void> };
let log: LogServer;
let queries: LogServerQuery[];
let isDenied: boolean;
/** When something is logged, in milliseconds since 1970. */
let loggedAt: number;

beforeAll(async () => {
  [vendor, customers] = [await createRegistry(), await createRegistry()];
  const uploaded = Date.now() - 3 * HOUR_MS;
  api = await createArtifactRegistryServer({ catalog: catalogOf(vendor, { now: () => uploaded }) });
  writeFileSync(
    rulesFile,
    `targets:
${TARGETS.map((name) => `  ${name}: { repository: '${customers.address}/${name}' }`).join('\n')}
rules: [{ name: api, source: '${vendor.address}/vendor/releases', images: [api], targets: [${TARGETS.join(', ')}] }]
`,
  );
  await push(content, { registry: vendor.address, repository: 'vendor/releases/api', tag: '1' });
});
beforeEach(async () => {
  [queries, isDenied] = [[], false];
  log = await createLogServer({
    now: () => loggedAt,
    onQuery(query) {
      queries.push(query);
      if (isDenied) throw new ApiError(403, 'PERMISSION_DENIED', 'Permission denied');
    },
  });
});
afterEach(() => log.close());
afterAll(async () => {
  await Promise.all([vendor.close(), customers.close(), api.close()]);
  rmSync(folder, { recursive: true });
});

function wrote(hoursAgo: number, target: string, outcome: string, more: object = {}): void {
  loggedAt = Date.now() - hoursAgo * HOUR_MS;
  const source = `${vendor.address}/vendor/releases/api:1@${content.root.digest}`;
  log.write('copy-artifact', { source, target, rule: 'api', outcome, ...more });
}

const status = (...args: string[]) => relay('status', ...args);

async function relay(...args: string[]) {
  const { terminal, stdout, stderr } = captureTerminal({
    ...{ RULES_FILE: rulesFile, DOCKER_CONFIG: folder, COPY_JOBS_TOPIC: 'copy-jobs' },
    GOOGLE_CLOUD_PROJECT: 'vendor',
    ARTIFACT_REGISTRY_EMULATOR_HOST: api.address,
    LOGGING_EMULATOR_HOST: log.address,
  });
  const code = await runCli(args, terminal);
  return { code, stdout: stdout(), stderr: stderr() };
}

const failure = { reason: 'target-denied', error: '403 denied', remedy: 'Grant the role.' };

function writeHistory(): void {
  wrote(2, 'acme', 'dead-lettered', { ...failure, age: 3600 });
  wrote(1, 'globex', 'copied', { digest: content.root.digest });
  wrote(0, 'initech', 'retrying', { reason: 'network', error: 'ECONNRESET', remedy: 'Wait.' });
  // Of another deployment in the same project, which has the same targets.
  loggedAt = Date.now();
  log.write('staging-copy-artifact', {
    source: `${vendor.address}/vendor/releases/api:1`,
    ...{ target: 'hooli', rule: 'api', outcome: 'copied' },
  });
}

it('says why each copy is missing and since when, with one query of the log', async () => {
  writeHistory();
  const page = join(folder, 'page.html');
  const { code, stdout, stderr } = await status('api:1', '--json', '--html', page);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(queries).toHaveLength(1);
  expect(queries[0]?.filter).toMatch(/service_name=\("plan-copies" OR "copy-artifact"\)/);
  const { targets } = JSON.parse(stdout) as { targets: Record<string, string>[] };
  const spanOf = ({ since = '' }: Record<string, string>) =>
    Math.round((Date.now() - Date.parse(since)) / HOUR_MS);
  expect(targets.map((row) => `${row['target']} ${row['why']} ${spanOf(row)} h`)).toEqual([
    ...['acme dead-lettered 3 h', 'globex changed after delivery 1 h'],
    ...['hooli not sent 3 h', 'initech retrying 0 h'],
  ]);
  expect(targets[0]).toMatchObject(failure);
  expect(Date.parse(targets[3]?.['next'] ?? '')).toBeGreaterThan(Date.now());
  expect(readFileSync(page, 'utf8')).toContain('"why":"dead-lettered","reason":"target-denied"');
});

it('has the reasons in the table, and what to do below it', async () => {
  writeHistory();
  const { stdout } = await status('api:1');
  expect(stdout).toMatch(/^TARGET +RELEASE +STATE +RULE +REASON +SINCE +DIGEST$/m);
  expect(stdout).toMatch(
    /^acme .* dead-lettered: target-denied +2\d{3}-\d\d-\d\d \d\d:\d\d +sha256:/m,
  );
  expect(stdout).toMatch(/^initech .* retrying: network /m);
  expect(stdout).toContain('\nacme: target-denied: 403 denied\n  Grant the role.\n');
  expect(stdout).toContain('\nhooli: not sent\n  Run "relay republish" to send it.\n');
});

it('says in one line that the log may not be read, and all else', async () => {
  isDenied = true;
  const { code, stdout, stderr } = await status();
  expect(code).toBe(1);
  expect(stderr).toBe(
    'Some reasons are unknown: the log of project vendor is denied. Grant roles/logging.viewer on the project. --no-reasons skips them.\n',
  );
  expect(stdout).toMatch(/4 of 4 copies differ: 4 missing\n$/);
});

it.each([
  ['with --no-reasons', ['--no-reasons']],
  ['for names alone', ['-o', 'name']],
])('asks nothing %s', async (_name, args) => {
  expect((await status(...args)).stderr).toBe('');
  expect(queries).toEqual([]);
});

it('shows the history of a release, and of a target', async () => {
  writeHistory();
  const { stdout } = await relay('history', 'api:1');
  expect(
    stdout.split('\n').map((line) => line.replace(/^\S+ \S+/, 'T').replaceAll(/ +/g, ' ')),
  ).toEqual([
    'TIME TARGET RELEASE WHAT DIGEST',
    `T acme ${vendor.address}/vendor/releases/api:1 dead-lettered: target-denied`,
    `T globex ${vendor.address}/vendor/releases/api:1 copied ${content.root.digest.slice(0, 19)}`,
    `T initech ${vendor.address}/vendor/releases/api:1 retrying: network`,
    expect.stringMatching(/ since 20.* \(30 days\)\.$/) as string,
    '',
  ]);
  const { stdout: json } = await relay('history', '-t', 'globex', '--json');
  const answer: unknown = JSON.parse(json);
  expect(ANSWERS.history.parse(answer)).toMatchObject({
    complete: true,
    events: [{ outcome: 'copied', target: 'globex', digest: content.root.digest }],
  });
  isDenied = true;
  const denied = await relay('history', '-t', 'globex');
  expect(denied).toMatchObject({ code: 1, stdout: '' });
  expect(denied.stderr).toMatch(/^The history is unknown: the log of project vendor is denied\. /);
  expect((await relay('history')).code).toBe(2);
});

it('compares again until Ctrl-C, and shows the newest alone', async () => {
  const { terminal, stdout, stderr, interrupt } = captureTerminal(
    {
      ...{ RULES_FILE: rulesFile, DOCKER_CONFIG: folder, NO_COLOR: '1' },
      ARTIFACT_REGISTRY_EMULATOR_HOST: api.address,
    },
    { isTTY: true },
  );
  const said = async (count: number): Promise<void> => {
    while (stdout().split('copies differ').length <= count) {
      await new Promise((resolve) => terminal.stdout.once('data', resolve));
    }
  };
  const ended = runCli(['status', 'api:1', '--watch', '1s', '--no-reasons'], terminal);
  await said(2);
  interrupt();
  expect(await ended).toBe(0);
  expect(stdout().split('\u001b[H\u001b[J').length).toBeGreaterThan(2);
  expect(stderr()).not.toContain('differ');
  const { code, stderr: why } = await status('--watch', '-o', 'json');
  expect({ code, why }).toEqual({ code: 2, why: '--watch prints a table only.\n' });
});

it('asks nothing where all is well', async () => {
  const settled = join(folder, 'settled.yaml');
  writeFileSync(
    settled,
    `targets: { settled: { repository: '${customers.address}/settled' } }
rules: [{ name: api, source: '${vendor.address}/vendor/releases', images: [api], targets: [settled] }]
`,
  );
  await push(content, { registry: customers.address, repository: 'settled/api', tag: '1' });
  expect(await status('--rules', settled)).toMatchObject({ code: 0, stderr: '' });
  expect(queries).toEqual([]);
});
