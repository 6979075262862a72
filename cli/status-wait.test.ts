import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { image } from '../local/images/image';
import { push } from '../local/images/push';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

const folder = mkdtempSync(join(tmpdir(), 'relay-wait-'));
const rulesFile = join(folder, 'rules.yaml');
const release = image({ config: { seed: 'release' } });
const other = image({ config: { seed: 'other' } });

let vendor: Registry;
let customers: Registry;

beforeEach(async () => {
  [vendor, customers] = [await createRegistry(), await createRegistry()];
  writeFileSync(
    rulesFile,
    `targets:
  acme: { repository: '${customers.address}/acme' }
  globex: { repository: '${customers.address}/globex' }
  later: { repository: '${customers.address}/later', paused: true }
groups: { ours: [acme] }
rules:
  - { name: api, source: '${vendor.address}/vendor', images: [api], tags: { semver: '*' }, immutable: true, targets: [acme, globex, later] }
`,
  );
  await push(release, at(vendor, 'vendor'));
});
afterEach(() => Promise.all([vendor.close(), customers.close()]));
afterAll(() => rmSync(folder, { recursive: true }));

const at = ({ address }: Registry, path: string, tag = '1.0.0') => ({
  registry: address,
  repository: `${path}/api`,
  tag,
});
const reference = (tag = '1.0.0') => `${vendor.address}/vendor/api:${tag}`;

function start(...args: string[]) {
  const { terminal, stdout, stderr } = captureTerminal({
    RULES_FILE: rulesFile,
    DOCKER_CONFIG: folder,
  });
  const ended = runCli(['status', '--wait', ...args], terminal);
  return {
    ended: ended.then((code) => ({ code, stdout: stdout(), stderr: stderr() })),
    /** Resolves once it is said on standard error. */
    said: async (text: string): Promise<void> => {
      while (!stderr().includes(text)) {
        await new Promise((resolve) => terminal.stderr.once('data', resolve));
      }
    },
  };
}

it('takes the release from the argument, too', async () => {
  await push(release, at(customers, 'acme'));
  await push(release, at(customers, 'globex'));
  const { terminal, stdout } = captureTerminal({ RULES_FILE: rulesFile, DOCKER_CONFIG: folder });
  expect(await runCli(['status', 'api:1.0.0', '--wait'], terminal)).toBe(0);
  expect(stdout()).toMatch(/^2 copies are there: /);
});

it('ends when all targets have the release, and lists them', async () => {
  await push(release, at(customers, 'acme'));
  const { ended, said } = start(reference());
  await said('acme has it');
  await push(release, at(customers, 'globex'));
  const { code, stdout, stderr } = await ended;
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: `2 copies are there: ${reference()}; paused: later\n`,
  });
  expect(stderr.replaceAll(/[\d.]+ s/g, 'N s')).toBe(
    `Waiting for 2 copies of ${reference()}
acme has it, after N s (1 of 2)
globex has it, after N s (2 of 2)
`,
  );
});

it('waits for a release that its source does not have yet', async () => {
  const { ended, said } = start(reference('2.0.0'), '--target', 'ours');
  await said('Waiting for 1 copy');
  await push(other, at(customers, 'acme', '2.0.0'));
  await push(other, at(vendor, 'vendor', '2.0.0'));
  expect(await ended).toMatchObject({ code: 0 });
});

it('fails when its time is over, and says what is lacking where', async () => {
  await push(release, at(customers, 'acme'));
  const { code, stdout, stderr } = await start(reference(), '--timeout', '0.1s').ended;
  expect(code).toBe(1);
  expect(stdout).toMatch(/^globex +api:1\.0\.0 +missing +api/m);
  expect(stdout).not.toMatch(/^acme/m);
  expect(stderr).toContain(`1 of 2 copies of ${reference()} missing after 0.1s\n`);
});

it('says that the source does not have it', async () => {
  const { stderr } = await start(reference('9.0.0'), '--timeout', '0.1s').ended;
  expect(stderr).toMatch(/missing after 0\.1s; its source does not have it\n$/);
});

it('stops at once if no job can fix what is missing', async () => {
  await push(other, at(customers, 'acme'));
  const { code, stdout, stderr } = await start(reference(), '--target', 'acme').ended;
  expect(code).toBe(1);
  expect(stdout).toMatch(/acme: tag-conflict: .* may not be moved/);
  expect(stderr).toMatch(/1 of 1 copy of .* missing, which no job can fix\n$/);
});

it('answers in JSON', async () => {
  await push(release, at(customers, 'acme'));
  const { code, stdout } = await start(reference(), '--json', '--target', 'acme,later').ended;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    reference: reference(),
    complete: true,
    seconds: expect.any(Number) as unknown,
    targets: [{ target: 'acme', state: 'current' }],
    paused: ['later'],
  });
});

it.each([
  [['gcr.io/elsewhere/api:1'], 1, 'No rule releases gcr.io/elsewhere/api:1 to these targets'],
  [['gcr.io/elsewhere/api'], 2, 'is not a release'],
  [['gcr.io/elsewhere/api:1', '--csv'], 2, '--wait prints a table, JSON or YAML only'],
  [['gcr.io/elsewhere/api:1', '--timeout', 'soon'], 2, '"soon" is not a duration'],
  [['gcr.io/elsewhere/api:1', '--target', 'acmee'], 2, 'did you mean "acme"?'],
])('%j ends with %d and says why', async (args, expected, why) => {
  const { code, stderr } = await start(...args).ended;
  expect(code).toBe(expected);
  expect(stderr).toContain(why);
});

it('waits for those behind hubs, too, who cannot have it before their hub', async () => {
  writeFileSync(
    rulesFile,
    `targets:
  hub: { repository: '${customers.address}/hub' }
  far: { repository: '${customers.address}/far' }
rules:
  - { name: out, source: '${vendor.address}/vendor', targets: [hub] }
  - { name: on, source: '${customers.address}/hub', targets: [far] }
`,
  );
  // Both hold the release before it.
  await push(other, at(customers, 'hub'));
  await push(other, at(customers, 'far'));
  const { ended, said } = start(reference());
  await said('Waiting for 2 copies');
  await push(release, at(customers, 'hub'));
  await said('hub has it');
  await push(release, at(customers, 'far'));
  const { code, stdout, stderr } = await ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: `2 copies are there: ${reference()}\n` });
  expect(stderr.indexOf('hub has it')).toBeLessThan(stderr.indexOf('far has it'));
});
