import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blob } from '../local/images/content';
import { artifact, image, index } from '../local/images/image';
import { push } from '../local/images/push';
import { createKms, type Kms } from '../test/support/kms';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import { createCopyCaches } from '../shared/copying/caches';
import { attach } from '../shared/kinds/image/attachments/referrers-list';
import { RECEIPT } from '../shared/kinds/image/receipts/read-receipts';
import { createRegistryClient, type RegistryClient } from '../shared/oci/client';
import { digestOf, type Digest } from '../shared/oci/digest';
import {
  makeArtifact,
  makeBundleArtifact,
  statementOf,
} from '../shared/statements/signing/artifact';
import { signStatement } from '../shared/statements/signing/sign';
import { openPrivateKey } from '../shared/statements/signing/signing-key';
import { createJumpingClock } from '../test/support/jumping-clock';
import { captureTerminal } from '../test/support/terminal';
import { ANSWERS } from './answers';
import { runCli } from './program';

const folder = mkdtempSync(join(tmpdir(), 'relay-evidence-'));
const files = { rules: join(folder, 'rules.yaml'), key: join(folder, 'relay.pub') };
const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const child = image({ config: { seed: 'arm' }, platform: { os: 'linux', architecture: 'arm64' } });
const release = index({
  entries: [{ image: child, platform: { os: 'linux', architecture: 'arm64' } }],
  tag: 'v1',
});
const older = image({ config: { seed: 'older' }, tag: 'v1' });
const machine = { clock: createJumpingClock(), random: Math.random };

let registry: Registry;
let kms: Kms;
let client: RegistryClient;
let source: string;

beforeAll(() => {
  writeFileSync(files.key, own.publicKey.export({ type: 'spki', format: 'pem' }));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  [registry, kms] = [await createRegistry(), await createKms()];
  client = createRegistryClient({ ...machine, plainHttpHosts: ['127.0.0.1'] });
  source = `${registry.address}/vendor/api:v1`;
  writeFileSync(
    files.rules,
    `targets:
  acme: { repository: ${registry.address}/acme, receipts: true }
  globex: { repository: ${registry.address}/globex }
rules: [{ name: api, source: '${registry.address}/vendor', targets: [acme, globex] }]
`,
  );
  await push(release, { registry: registry.address, repository: 'vendor/api' });
});
afterEach(() => Promise.all([client.close(), registry.close(), kms.close()]));

const at = (target: string) => ({ registry: registry.address, repository: `${target}/api` });
const release1 = (target: string, what = release) => push(what, at(target));
const destinationAt = (target: string) => `${registry.address}/${target}/api:v1`;

function saying(target: string, changed: object = {}): object {
  return {
    source,
    sourceDigest: release.root.digest,
    destination: destinationAt(target),
    digest: release.root.digest,
    target,
    rule: 'api',
    deliveredAt: '2026-11-24T12:00:00.000Z',
    ...changed,
  };
}

interface Forged {
  /** Over what a right one says; `null`: nothing. */
  readonly predicate?: object | null;
  readonly by?: KeyObject;
  readonly predicateType?: string;
  readonly subject?: Digest;
  readonly bytes?: Uint8Array;
}

/** Attaches a receipt as the relay does, or as a stranger could. */
async function receipt(target: string, forged: Forged = {}): Promise<Digest> {
  const { predicate: changed = {}, by = own.privateKey, predicateType = RECEIPT } = forged;
  const predicate = changed === null ? {} : saying(target, changed);
  const { digest } = release.root;
  const name = { name: destinationAt(target), digest: forged.subject ?? digest };
  const bundle =
    forged.bytes ??
    (await signStatement(statementOf({ predicateType, predicate }, name), openPrivateKey(by)));
  const annotations = {
    'dev.registry-relay.receipt.destination': destinationAt(target),
    'dev.registry-relay.receipt.rule': 'api',
  };
  return attachTo(target, (subject) =>
    makeBundleArtifact(bundle, subject, { predicateType: RECEIPT, time: new Date(0), annotations }),
  );
}

function attachTo(
  target: string,
  make: (subject: Parameters<typeof makeArtifact>[1]) => ReturnType<typeof makeArtifact>,
): Promise<Digest> {
  const listing = {
    ...machine,
    caches: createCopyCaches(machine.clock),
    notes: new Set<string>(),
    signal: new AbortController().signal,
    target: client.open(at(target), { access: 'push' }),
    tally: { manifests: 0 },
  };
  return attach(listing, release.root.digest, (subject) => Promise.resolve(make(subject)));
}

async function run(...args: string[]) {
  const env = { NO_COLOR: '1', RULES_FILE: files.rules, KMS_EMULATOR_HOST: kms.address };
  const { terminal, stdout, stderr } = captureTerminal(env);
  const code = await runCli(['evidence', ...args], terminal);
  return { code, stdout: stdout(), stderr: stderr() };
}
const withKey = (...more: string[]) => run(source, '--key', files.key, ...more);

interface Answer {
  readonly reference: string;
  readonly targets: readonly {
    readonly target: string;
    readonly state: string;
    readonly held?: string;
    readonly since?: string;
    readonly receipts: readonly { readonly verified: boolean; readonly problem?: string }[];
  }[];
}
async function json(...more: string[]): Promise<Answer & { readonly code: number }> {
  const { code, stdout } = await withKey('--json', ...more);
  const answer = JSON.parse(stdout) as Answer;
  expect(ANSWERS.evidence.parse(answer)).toEqual(answer);
  return { code, ...answer };
}

it('says what each target holds, since when, on what, and that its receipt is verified', async () => {
  await release1('acme');
  await release1('globex', older);
  const by = { rule: 'api', statement: release.root.digest, by: 'release' };
  await receipt('acme', {
    predicate: {
      proof: {
        statements: [{ ...by, predicateType: 'https://sigstore.dev/cosign/sign/v1' }],
        overrides: [
          {
            ...by,
            by: 'night',
            predicateType: 'https://registry-relay.dev/override/v1',
            why: 'roll back',
            expires: '2026-11-25T12:00:00.000Z',
          },
        ],
      },
    },
  });
  const { code, stdout } = await withKey();
  expect(stdout.split('\n')).toEqual([
    'TARGET  HOLDS    DIGEST               SINCE                     ON                                                           RECEIPT',
    `globex  stale    ${older.root.digest.slice(0, 19)}                                                                                         not configured`,
    `acme    current  ${release.root.digest.slice(0, 19)}  2026-11-24T12:00:00.000Z  signature by release                                         verified`,
    '                                                                override by night until 2026-11-25T12:00:00.000Z: roll back',
    '1 of 2 targets hold it, 1 with a verified receipt',
    '',
  ]);
  expect(code).toBe(0);
});

it('prints the same as JSON, with all that receipts say', async () => {
  await release1('acme');
  const found = await receipt('acme');
  expect(await json('--target', 'acme')).toMatchObject({
    code: 0,
    reference: `${source}@${release.root.digest}`,
    targets: [
      {
        target: 'acme',
        rule: 'api',
        destination: destinationAt('acme'),
        state: 'current',
        held: release.root.digest,
        since: '2026-11-24T12:00:00.000Z',
        receipts: [{ receipt: found, verified: true, says: { source, rule: 'api' } }],
      },
    ],
  });
});

it('fails where a target wants a receipt and has none that is verified', async () => {
  await release1('acme');
  await release1('globex');
  const { code, targets } = await json();
  expect({ code, targets }).toMatchObject({
    code: 1,
    targets: [
      { target: 'acme', state: 'current', receipts: [] },
      { target: 'globex', state: 'current', receipts: [] },
    ],
  });
  expect((await json('--target', 'globex')).code).toBe(0);
});

describe('a receipt that proves nothing', () => {
  const subject = digestOf(Buffer.from('another'));

  it.each<readonly [string, Forged, RegExp]>([
    ['by another key', { by: other.privateKey }, /^that no such key has signed$/],
    ['about another digest', { subject }, /^about something else$/],
    ['of another type', { predicateType: 'https://slsa.dev/provenance/v1' }, /^that states https:/],
    ['that says too little', { predicate: null }, /^about something else$/],
    ['that is no bundle', { bytes: Buffer.from('{"mediaType"') }, /^that is no JSON$/],
    [
      'of another destination',
      { predicate: { destination: 'gcr.io/elsewhere:v1' } },
      /^of gcr\.io\/elsewhere:v1$/,
    ],
    ['of another digest at its destination', { predicate: { digest: subject } }, /^of 127/],
  ])('is reported: one %s', async (_, forged, problem) => {
    await release1('acme');
    await receipt('acme', forged);
    const { code, targets } = await json('--target', 'acme');
    expect({ code, targets }).toMatchObject({
      code: 1,
      targets: [
        {
          state: 'current',
          receipts: [{ verified: false, problem: expect.stringMatching(problem) as string }],
        },
      ],
    });
    expect(targets[0]).not.toHaveProperty('since');
    await receipt('acme');
    expect(await json('--target', 'acme')).toMatchObject({ code: 0 });
  });

  it('is one that is not signed', async () => {
    await release1('acme');
    const annotations = { 'dev.registry-relay.receipt.destination': destinationAt('acme') };
    const content = { mediaType: 'application/vnd.in-toto+json', bytes: Buffer.from('{}') };
    await attachTo('acme', (subject) => makeArtifact(content, subject, annotations));
    const { stdout } = await withKey('--target', 'acme');
    expect(stdout).toMatch(/ one that is not signed\n/);
  });

  it('is one whose manifest says a wrong size of it', async () => {
    await release1('acme');
    const bundle = blob(Buffer.from('{}'), 'application/vnd.dev.sigstore.bundle.v0.3+json');
    const lying = artifact({
      artifactType: bundle.descriptor.mediaType,
      subject: release.root,
      blobs: [{ ...bundle, descriptor: { ...bundle.descriptor, size: 7 } }],
      annotations: { 'dev.registry-relay.receipt.destination': destinationAt('acme') },
    });
    await release1('acme', lying);
    await receipt('acme');
    const { code, targets } = await json('--target', 'acme');
    expect({ code, targets }).toMatchObject({
      code: 0,
      targets: [
        {
          receipts: expect.arrayContaining([
            {
              receipt: lying.root.digest,
              verified: false,
              problem: 'that is not what its manifest says',
            },
          ]) as unknown,
        },
      ],
    });
  });

  it('is one of another tag of the same digest', async () => {
    await release1('acme');
    await attachTo('acme', (subject) =>
      makeBundleArtifact(Buffer.from('{}'), subject, {
        predicateType: RECEIPT,
        time: new Date(0),
        annotations: { 'dev.registry-relay.receipt.destination': 'gcr.io/acme/api:v2' },
      }),
    );
    expect(await json('--target', 'acme')).toMatchObject({ targets: [{ receipts: [] }] });
  });
});

it('knows a part of the release by its platforms, and by what its receipt says', async () => {
  const rules = `targets: { acme: { repository: '${registry.address}/acme' } }
rules: [{ name: api, source: '${registry.address}/vendor', platforms: [linux/arm64], targets: [acme] }]
`;
  writeFileSync(files.rules, rules);
  await release1('acme');
  expect(await json()).toMatchObject({ targets: [{ state: 'current' }] });
  await release1('acme', older);
  expect(await json()).toMatchObject({ targets: [{ state: 'stale' }] });
});

it('says where, when a target has several destinations', async () => {
  writeFileSync(
    files.rules,
    `targets: { acme: { repository: '${registry.address}/acme' } }
rules:
  - { name: api, source: '${registry.address}/vendor', images: [api], targets: [acme] }
  - { name: too, source: '${registry.address}/vendor', images: [api], as: 'copies/{image}:{tag}', targets: [acme] }
`,
  );
  await release1('acme');
  const { stdout } = await withKey();
  expect(stdout).toMatch(/^acme {4}\S+\/acme\/api:v1 +current /m);
  expect(stdout).toMatch(/^acme {4}\S+\/acme\/copies\/api:v1 +missing\n/m);
  expect(stdout).toMatch(/\n1 of 2 destinations hold it, /);
});

it('reports a target that cannot be reached', async () => {
  registry.faults.add({
    on: ['headManifest', 'getManifest'],
    repository: 'acme/api',
    times: 9,
    answer: { status: 403 },
  });
  const { code, stdout } = await withKey();
  expect(code).toBe(1);
  expect(stdout).toMatch(/^acme +unreachable/m);
  expect(stdout).toMatch(/^acme: .*403/m);
  expect(stdout).toMatch(/^globex +missing/m);
});

it('takes the key that signs, where there is one', async () => {
  await release1('acme');
  const version = kms.createKey('projects/v/locations/global/keyRings/r/cryptoKeys/k');
  const pem = join(folder, 'relay.pem');
  writeFileSync(pem, own.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await receipt('acme');
  expect((await run(source, '--target', 'acme', '--key', pem)).code).toBe(0);
  expect((await run(source, '--target', 'acme', '--key', `gcpkms://${version}`)).code).toBe(1);
  expect(kms.requests.counts()).toEqual({ getPublicKey: 1 });
});

it('takes several keys, for one is followed by another', async () => {
  await release1('acme');
  await receipt('acme', { by: other.privateKey });
  const former = join(folder, 'former.pub');
  writeFileSync(former, other.publicKey.export({ type: 'spki', format: 'pem' }));
  expect((await json('--target', 'acme')).code).toBe(1);
  expect((await json('--target', 'acme', '--key', former)).code).toBe(0);
});

it.each([
  ['no key', (text: string) => [text], 2, /^Pass --key/],
  [
    'a key that there is not',
    (text: string) => [text, '--key', 'nowhere.pem'],
    2,
    /cannot be read/,
  ],
  ['no tag', (text: string) => [text.replace(/:v1$/, ''), '--key', files.key], 2, /needs a :tag/],
  [
    'what no rule releases',
    () => ['gcr.io/other/api:v1', '--key', files.key],
    1,
    /The rules do not release gcr\.io/,
  ],
  [
    'what is not at the source',
    (text: string) => [text.replace(/v1$/, 'v9'), '--key', files.key],
    1,
    /v9 is not at the source/,
  ],
])('refuses %s', async (_, args, expected, message) => {
  const { code, stderr } = await run(...args(source));
  expect({ code, stderr }).toEqual({
    code: expected,
    stderr: expect.stringMatching(message) as string,
  });
});

it('does without the source where the digest is said', async () => {
  await release1('acme');
  await receipt('acme');
  registry.faults.add({
    on: ['getManifest', 'headManifest'],
    repository: 'vendor/api',
    times: 9,
    answer: { status: 404 },
  });
  const { code } = await run(
    `${source}@${release.root.digest}`,
    '--target',
    'acme',
    '--key',
    files.key,
  );
  expect(code).toBe(0);
});
