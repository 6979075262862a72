import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { image } from '../local/images/image';
import { push } from '../local/images/push';
import { listReferrers } from '../local/images/read';
import { createKms, type Kms } from '../test/support/kms';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import { createRegistryClient, type RegistryClient } from '../shared/oci/client';
import type { Digest } from '../shared/oci/digest';
import { requirementsOf } from '../shared/rules/rules';
import { createProver } from '../shared/statements/prove';
import { createJumpingClock } from '../test/support/jumping-clock';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';
import { loadRules } from './rules-file';

const KMS_KEY = 'projects/vendor/locations/global/keyRings/r/cryptoKeys/k';
const folder = mkdtempSync(join(tmpdir(), 'relay-statements-'));
const pem = (key: KeyObject, type: 'spki' | 'pkcs8') =>
  type === 'spki'
    ? key.export({ type, format: 'pem' }).toString()
    : key.export({ type, format: 'pem' }).toString();
const approver = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const files = {
  rules: join(folder, 'rules.yaml'),
  approver: join(folder, 'approver.pem'),
  stranger: join(folder, 'stranger.pem'),
};

let vendor: Registry;
let kms: Kms;
let client: RegistryClient;
let reference: string;
let version: string;
let at: { registry: string; repository: string };

beforeAll(async () => {
  vendor = await createRegistry();
  kms = await createKms();
  version = kms.createKey(KMS_KEY);
  client = createRegistryClient({
    clock: createJumpingClock(),
    random: Math.random,
    plainHttpHosts: ['127.0.0.1'],
  });
  writeFileSync(join(folder, 'approver.pub'), pem(approver.publicKey, 'spki'));
  writeFileSync(join(folder, 'kms.pub'), kms.publicKeyOf(version));
  writeFileSync(files.approver, pem(approver.privateKey, 'pkcs8'));
  writeFileSync(files.stranger, pem(stranger.privateKey, 'pkcs8'));
  writeFileSync(
    files.rules,
    `targets: { acme: { repository: gcr.io/acme } }
signers: { approver: { key: approver.pub }, night: { key: kms.pub } }
rules:
  - name: api
    source: ${vendor.address}/vendor
    images: [api]
    tags: { include: ['v*'] }
    attachments: false
    require: [{ statement: approval, by: [approver] }]
    override: [night]
    targets: [acme]
  - { name: lax, source: '${vendor.address}/vendor', targets: [acme] }
  - name: more
    source: ${vendor.address}/vendor
    require: [{ statement: approval, by: [approver], where: { /team: [night] } }]
    targets: [acme]
`,
  );
});
afterAll(async () => {
  await Promise.all([client.close(), vendor.close(), kms.close()]);
  rmSync(folder, { recursive: true });
});

let count = 0;
beforeEach(async () => {
  at = { registry: vendor.address, repository: `vendor/api` };
  const own = image({ config: { seed: `release ${(count += 1)}` }, tag: 'v1' });
  await push(own, at);
  reference = `${vendor.address}/vendor/api:v1@${own.root.digest}`;
});

async function run(args: readonly string[], options: Parameters<typeof captureTerminal>[1] = {}) {
  const env = { NO_COLOR: '1', RULES_FILE: files.rules, KMS_EMULATOR_HOST: kms.address };
  const { terminal, stdout, stderr } = captureTerminal(env, options);
  const code = await runCli(args, terminal);
  return { code, stdout: stdout(), stderr: stderr() };
}

const digestOf = (text: string) => text.slice(text.indexOf('@') + 1) as Digest;
const attached = async () => (await listReferrers(at, digestOf(reference))) ?? [];

/** What is stated, as it lies at the source. */
async function stated(): Promise<object> {
  const [statement] = await attached();
  const source = client.open(at, { access: 'pull' });
  const manifest = await source.getManifest(statement ?? '');
  const bundle = await (await source.getBlob(manifest.blobs[1]!)).toArray();
  const { dsseEnvelope } = JSON.parse(Buffer.concat(bundle).toString()) as {
    dsseEnvelope: { payload: string };
  };
  return JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as object;
}

/** What the gate makes of it now. */
async function proof(tag = 'v1') {
  const rules = loadRules({ rules: files.rules }, {});
  const statements = await createProver()({
    source: client.open(at, { access: 'pull' }),
    subject: digestOf(reference),
    rules: requirementsOf(rules.rules.filter(({ name }) => name === 'api')),
    now: new Date(),
  });
  return statements.underTag(tag);
}

const approve = (...more: string[]) => ['approve', reference, '--rule', 'api', ...more];
const override = (...more: string[]) => ['override', reference, '--rule', 'api', ...more];

describe('approve', () => {
  it('says what it does, asks, and attaches what it signed at the source', async () => {
    const { code, stdout, stderr } = await run(approve('--key', files.approver), {
      isTTY: true,
      typed: 'y\n',
    });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^Attached sha256:\w{64} to .*\/vendor\/api:v1@sha256:/,
      ) as unknown,
    });
    expect(stderr).toContain(`Approves ${reference}\n  digest  ${digestOf(reference)}\n`);
    expect(stderr).toMatch(
      / {2}rule {4}api, for 1 target\n {2}signer {2}approver \(key \w{12}…\)\n/,
    );
    expect(await stated()).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [
        {
          name: `${vendor.address}/vendor/api`,
          digest: { sha256: digestOf(reference).slice('sha256:'.length) },
        },
      ],
      predicateType: 'https://registry-relay.dev/approval/v1',
      predicate: { rule: 'api', source: `${vendor.address}/vendor/api`, tag: 'v1' },
    });
  });

  it('is what the gate waits for, under this tag alone', async () => {
    expect(await proof()).toMatchObject({ proven: false });
    await run(approve('--key', files.approver, '--yes'));
    const [statement] = await attached();
    expect(await proof()).toMatchObject({
      proven: true,
      rules: [{ requirements: [{ met: true, by: 'approver', statement }] }],
    });
    expect(await proof('v10')).toMatchObject({ proven: false });
  });

  it.each(['', 'n\n', 'nay\n'])('attaches nothing when the answer is %j', async (typed) => {
    const { code, stderr } = await run(approve('--key', files.approver), { isTTY: true, typed });
    expect({ code, attached: await attached() }).toEqual({ code: 1, attached: [] });
    expect(stderr).toMatch(/Continue\? \[y\/N\] Aborted\.\n$/);
  });

  it('does not ask without a terminal', async () => {
    const { code, stderr } = await run(approve('--key', files.approver));
    expect({ code, attached: await attached() }).toEqual({ code: 2, attached: [] });
    expect(stderr).toMatch(/Not a terminal; pass --yes to confirm\.\n$/);
  });

  it('prints what it attached as JSON', async () => {
    const { stdout } = await run(approve('--key', files.approver, '--yes', '--json'));
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      reference,
      predicateType: 'https://registry-relay.dev/approval/v1',
      statement: (await attached())[0],
      by: 'approver',
      rule: 'api',
      source: `${vendor.address}/vendor/api`,
      tag: 'v1',
    });
  });

  it('takes what a tag holds', async () => {
    const tagged = `${vendor.address}/vendor/api:v1`;
    const { code } = await run([
      'approve',
      tagged,
      '--rule',
      'api',
      '--key',
      files.approver,
      '--yes',
    ]);
    expect({ code, attached: await attached() }).toMatchObject({ code: 0, attached: [/./] });
  });

  it.each([
    ['a tag that the rule does not release', ['api:w1'], /rule "api" does not release .*api:w1: /],
    ['another image', ['web:v1'], /rule "api" does not release .*web:v1: images/],
    ['an unknown tag', ['api:v9'], /api:v9 was not found\.\n$/],
  ])('refuses %s', async (_, [name], message) => {
    const { code, stderr } = await run([
      ...['approve', `${vendor.address}/vendor/${name ?? ''}`, '--rule', 'api'],
      ...['--key', files.approver, '--yes'],
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  it.each([
    [
      'a key by which it would not count',
      () => approve('--key', files.stranger),
      1,
      /Nothing is attached: the key \w{12}… is none of the signers by whom rule "api" wants it: approver\.\n$/,
    ],
    [
      'a rule that requires no approval',
      () => ['approve', reference, '--rule', 'lax', '--key', files.approver],
      1,
      /Nothing is attached: rule "lax" requires no approval\.\n$/,
    ],
    [
      'a rule that there is not',
      () => ['approve', reference, '--rule', 'apy', '--key', files.approver],
      2,
      /no rule "apy"; did you mean "api"\?/,
    ],
    [
      'a name alone',
      () => ['approve', reference.replace(/:v1@.*/, ''), '--rule', 'api', '--key', 'x'],
      2,
      /has no tag, and the statement counts for one tag alone\. Pass registry\/repository:tag\.\n$/,
    ],
    [
      'a digest without a tag',
      () => ['approve', reference.replace(':v1', ''), '--rule', 'api', '--key', files.approver],
      2,
      /has no tag, and the statement counts for one tag alone/,
    ],
    [
      'a key that there is not',
      () => approve('--key', join(folder, 'nowhere.pem')),
      2,
      /^--key: .*nowhere\.pem cannot be read/,
    ],
    ['no key', () => approve(), 2, /required option '--key <key>'/],
    [
      'a key in Cloud KMS that there is not',
      () => approve('--key', `gcpkms://${KMS_KEY}x/cryptoKeyVersions/1`),
      1,
      /^The key cannot be used: .* was answered 404: .*make it, or correct its name/,
    ],
  ])('refuses %s', async (_, args, expected, message) => {
    const { code, stderr } = await run([...args(), '--yes']);
    expect({ code, attached: await attached() }).toEqual({ code: expected, attached: [] });
    expect(stderr).toMatch(message);
  });

  it('says who may not attach', async () => {
    vendor.faults.add({ on: 'putManifest', answer: { status: 403 } });
    const { code, stderr } = await run(approve('--key', files.approver, '--yes'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/403.*\nAttaching requires roles\/artifactregistry\.writer/);
  });
});

describe('override', () => {
  const night = ['--why', 'roll back', '--for', '24h'];

  it('refuses a digest without a tag', async () => {
    const args = ['override', reference.replace(':v1', ''), '--rule', 'api', ...night];
    const { code, stderr } = await run([...args, '--key', `gcpkms://${version}`, '--yes']);
    expect({ code, attached: await attached() }).toEqual({ code: 2, attached: [] });
    expect(stderr).toMatch(/has no tag/);
  });

  it.each([
    ['stage', ['stage']],
    ['all', ['requirements', 'stage']],
  ])('waives %s with --waive', async (waive, waives) => {
    const key = `gcpkms://${version}`;
    const { code } = await run(override(...night, '--waive', waive, '--key', key, '--yes'));
    expect(code).toBe(0);
    expect(await stated()).toMatchObject({ predicate: { waives } });
  });

  it('is signed in Cloud KMS, and says until when and why', async () => {
    const before = Date.now();
    const key = `gcpkms://${version}`;
    const { code, stderr } = await run(override(...night, '--key', key, '--yes'));
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^Lets pass, although .*\n( {2}.*\n){3} {2}until {3}20.*\n {2}why {5}roll back\n/,
    );
    const statement = await stated();
    expect(statement).toMatchObject({
      predicateType: 'https://registry-relay.dev/override/v1',
      predicate: {
        rule: 'api',
        source: `${vendor.address}/vendor/api`,
        tag: 'v1',
        waives: ['requirements'],
        why: 'roll back',
      },
    });
    const { expires } = (statement as { predicate: { expires: string } }).predicate;
    expect(await proof()).toMatchObject({
      proven: true,
      rules: [{ requirements: [{ met: false }], overrides: [{ by: 'night', why: 'roll back' }] }],
    });
    expect(await proof('v10')).toMatchObject({ proven: false });
    const [least, most] = [before, Date.now()].map((time) => time + 86_400_000);
    expect(Date.parse(expires)).toBeGreaterThanOrEqual(least ?? 0);
    expect(Date.parse(expires)).toBeLessThanOrEqual(most ?? 0);
  });

  it.each([
    ['a time that is over', ['--why', 'x', '--for', '0h'], 2, /--for must be greater than 0/],
    [
      'a time too far',
      ['--why', 'x', '--for', '31d'],
      2,
      /longer than 30 days: .* change of the rules/,
    ],
    ['no time', ['--why', 'x'], 2, /required option '--for/],
    ['what is no time', ['--why', 'x', '--for', 'ever'], 2, /"ever" is not a duration/],
    ['no reason', ['--for', '1h'], 2, /required option '--why/],
    ['an empty reason', ['--why', ' ', '--for', '1h'], 2, /--why must not be empty/],
    [
      'a reason without a visible character',
      ['--why', '\u200B\u3164', '--for', '1h'],
      2,
      /--why must/,
    ],
    ['who may not', [...night, '--key', files.approver], 1, /none of the signers .*: night\.\n/],
    ['a rule without override', [...night, '--rule', 'lax'], 1, /"lax" has no "override"/],
  ])('refuses %s', async (_, more, expected, message) => {
    const { code, stderr } = await run([
      ...override('--key', `gcpkms://${version}`),
      ...more,
      '--yes',
    ]);
    expect({ code, attached: await attached() }).toEqual({ code: expected, attached: [] });
    expect(stderr).toMatch(message);
  });
});

it('approve attaches nothing where the rule asks for what it does not say', async () => {
  const args = ['approve', reference, '--rule', 'more', '--key', files.approver, '--yes'];
  const { code, stderr } = await run(args);
  expect({ code, attached: await attached() }).toEqual({ code: 1, attached: [] });
  expect(stderr).toContain('requires an approval that says more than rule, source and tag');
});
