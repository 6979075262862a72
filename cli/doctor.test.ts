import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArtifactRegistryServer } from '../local/servers/artifact-registry/artifact-registry';
import { catalogOf } from '../local/servers/artifact-registry/catalog';
import { createBroker, type Broker } from '../local/servers/broker/broker';
import { image } from '../local/images/image';
import { push } from '../local/images/push';
import { createSampleSigner } from '../local/images/signing';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import type { Check } from '../shared/doctor/check';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

const folder = mkdtempSync(join(tmpdir(), 'relay-doctor-'));
const rulesFile = join(folder, 'rules.yaml');
const released = image({ config: { seed: 'doctor' } });
let vendor: Registry;
let acme: Registry;
let plain: Registry;
let broker: Broker;
let emulator: string;
let close: () => Promise<void>;

const topic = (name: string): string => `projects/vendor/topics/${name}`;

beforeAll(async () => {
  [vendor, acme, plain, broker] = await Promise.all([
    createRegistry(),
    createRegistry(),
    createRegistry({ referrers: false }),
    createBroker(),
  ]);
  const catalog = catalogOf(vendor, { immutableTags: true });
  const server = await createArtifactRegistryServer({ catalog });
  [emulator, close] = [server.address, () => server.close()];
  await push(image({ config: { seed: 'doctor' } }), {
    registry: vendor.address,
    repository: 'vendor/releases/api',
    tag: 'v1',
  });
  await push(image({ config: { seed: 'doctor' } }), {
    registry: vendor.address,
    repository: 'frozen/vendor/api',
    tag: 'v1',
  });
  for (const name of [
    'gcr',
    'copy-jobs',
    'copy-retries',
    'plan-retries',
    'dead-letters',
    'reconcile',
  ]) {
    broker.createTopic(topic(name));
  }
  for (const [name, of] of [
    ['plan-copies', 'gcr'],
    ['copy-jobs', 'copy-jobs'],
    ['copy-retries', 'copy-retries'],
    ['plan-retries', 'plan-retries'],
    ['reconcile', 'reconcile'],
  ] as const) {
    broker.createSubscription({
      name: `projects/vendor/subscriptions/${name}`,
      topic: topic(of),
      pushConfig: { pushEndpoint: 'http://127.0.0.1:1/' },
      deadLetterPolicy: { deadLetterTopic: topic('dead-letters'), maxDeliveryAttempts: 40 },
    });
  }
  const letters = 'projects/vendor/subscriptions/dead-letters';
  broker.createSubscription({ name: letters, topic: topic('dead-letters') });
  process.env['PUBSUB_EMULATOR_HOST'] = broker.address;
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  writeRules('targets: [acme, plain]');
});

afterAll(async () => {
  delete process.env['PUBSUB_EMULATOR_HOST'];
  await close();
  await Promise.all([vendor.close(), acme.close(), plain.close(), broker.close()]);
  rmSync(folder, { recursive: true });
});

beforeEach(() => acme.requests.reset());

function writeRules(rest: string, targets = ''): void {
  writeFileSync(
    rulesFile,
    `targets:
  acme: { repository: '${acme.address}/acme' }
  plain: { repository: '${plain.address}/plain' }
  frozen: { repository: '${vendor.address}/frozen/vendor' }
  gone: { repository: '127.0.0.1:1/gone' }
${targets}
rules:
  - { name: api, source: '${vendor.address}/vendor/releases', images: [api], tags: { include: ['v*'] }, ${rest} }
`,
  );
}

async function relay(args: readonly string[], env: Record<string, string> = {}) {
  const { terminal, stdout, stderr } = captureTerminal({
    RULES_FILE: rulesFile,
    DOCKER_CONFIG: folder,
    ARTIFACT_REGISTRY_EMULATOR_HOST: emulator,
    COPY_JOBS_TOPIC: topic('copy-jobs'),
    ...env,
  });
  const code = await runCli(['doctor', ...args], terminal);
  return { code, stdout: stdout(), stderr: stderr() };
}

async function checks(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout } = await relay([...args, '--json'], env);
  const { checks: all } = JSON.parse(stdout) as { checks: Check[] };
  const of = (about: string, what: string) =>
    all.find((one) => one.about === about && one.what === what);
  return { code, all, of };
}

it('finds nothing wrong where all is well, and leaves nothing at the target', async () => {
  const { code, all, of } = await checks(['--target', 'acme']);
  expect(all.filter(({ state }) => state === 'wrong')).toStrictEqual([]);
  expect(code).toBe(0);
  expect(of(`source ${vendor.address}/vendor/releases`, 'list')?.state).toBe('ok');
  expect(of(`source ${vendor.address}/vendor/releases`, 'read')).toMatchObject({
    state: 'ok',
    found: 'vendor/releases/api:v1',
  });
  expect(of('target acme', 'upload')?.found).toBe('allowed: tested without an upload');
  expect(of('target acme', 'referrers')?.state).toBe('ok');
  expect(of(`subscription projects/vendor/subscriptions/copy-jobs`, 'dead letters')).toMatchObject({
    state: 'ok',
    found: 'after 40 attempts',
  });
  expect(of(`topic ${topic('copy-jobs')}`, 'grants')?.found).toBe('this Pub/Sub has no IAM');
  expect(acme.requests.counts()).toEqual({ putBlob: 1, listReferrers: 1 });
  expect(await acme.repositories()).toStrictEqual([]);
});

it('tries trusted roots, and what is proven of one release', async () => {
  const ask = async () => {
    const { of } = await checks(['--target', 'acme']);
    return of(`source ${vendor.address}/vendor/releases`, 'statements');
  };
  const signer = createSampleSigner('release');
  writeFileSync(join(folder, 'release.pub'), signer.publicKey);
  writeFileSync(
    join(folder, 'root.json'),
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      certificateAuthorities: [
        {
          certChain: {
            certificates: [{ rawBytes: Buffer.from('no certificate').toString('base64') }],
          },
        },
      ],
      tlogs: [{ publicKey: { rawBytes: Buffer.from('no key').toString('base64') } }],
    }),
  );
  writeRules('targets: [acme], require: [{ statement: signature, by: [release] }]');
  appendFileSync(
    rulesFile,
    `signers:
  release: { key: release.pub }
  ci: { issuer: 'https://ci.example', identity: 'https://ci.example/*', trustedRoot: root.json }
`,
  );
  const offline = await checks(['--offline']);
  expect(offline.of('signer ci', 'trusted root')).toMatchObject({
    state: 'wrong',
    found: expect.stringContaining('has a key or a certificate that cannot be read') as string,
  });
  expect(await ask()).toMatchObject({
    state: 'note',
    found: expect.stringContaining('api requires signature by release: found nothing') as string,
  });
  const at = { registry: vendor.address, repository: 'vendor/releases/api' };
  await push(signer.sign(released.root), at);
  expect(await ask()).toMatchObject({
    state: 'ok',
    found: expect.stringContaining('meets the requirements') as string,
  });
  vendor.faults.add({ on: 'listReferrers', times: 1, answer: { status: 403 } });
  expect(await ask()).toMatchObject({ state: 'wrong', fix: expect.any(String) as string });
  writeRules('targets: [acme, plain]');
});

it('draws a table, with what to do below it', async () => {
  const { code, stdout, stderr } = await relay(['--target', 'gone']);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toMatch(/^target gone +reachable +wrong /m);
  expect(stdout).toContain('\ntarget gone, reachable:\n  Check the name, DNS,');
  expect(stdout).toMatch(/\n\d+ checks: 1 wrong, 2 notes, \d+ skipped\n$/);
});

it('says once what is the same of several, and with --problems nothing of what is well', async () => {
  writeRules(
    'targets: [acme, other, third, fourth, plain]',
    [
      `  other: { repository: '${acme.address}/other' }`,
      `  third: { repository: '${acme.address}/third', paused: { until: 2999-12-09, reason: migration } }`,
      `  fourth: { repository: '${acme.address}/fourth', paused: { until: 2999-12-09, reason: migration } }`,
    ].join('\n'),
  );
  const all = (await relay([])).stdout;
  expect(all).toMatch(/^targets acme, plain, frozen and 3 more +upload +ok +allowed: /m);
  expect(all).toMatch(
    /^targets third, fourth +paused +note +receives nothing: paused until 2999-12-09: migration; `reconcile` delivers afterwards$/m,
  );
  const { stdout, code } = await relay(['--problems']);
  expect(code).toBe(1);
  expect(stdout).not.toMatch(/ ok /);
  expect(stdout).toMatch(
    /^ABOUT[^]*\ntarget gone +reachable +wrong [^]*\n\d\d checks: 1 wrong, \d notes, \d+ skipped\n$/,
  );
  const { all: problems } = await checks(['--problems']);
  expect(new Set(problems.map(({ state }) => state))).toEqual(new Set(['note', 'wrong']));
  writeRules('targets: [acme, plain]');
});

it.each([
  [401, {}, 'upload', 'docker login'],
  [403, {}, 'upload', 'push to'],
  [404, {}, 'repository', 'Create'],
  [503, {}, 'upload', 'in a few minutes'],
  [
    403,
    {
      body: JSON.stringify({
        errors: [
          {
            code: 'DENIED',
            message:
              "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: abc-DEF_1",
          },
        ],
      }),
    },
    'perimeter',
    'vpcServiceControlsUniqueId="abc-DEF_1"',
  ],
])('says what to do about a %d at the target', async (status, more, what, fix) => {
  acme.faults.add({ on: 'putBlob', times: 9, answer: { status, ...more } });
  try {
    const { code, of } = await checks(['--target', 'acme']);
    expect(code).toBe(1);
    expect(of('target acme', what)).toMatchObject({ state: 'wrong' });
    expect(of('target acme', what)?.fix).toContain(fix);
  } finally {
    acme.faults.clear();
  }
});

it('notes a registry that does not know the repository yet, and goes on', async () => {
  const body = JSON.stringify({ errors: [{ code: 'NAME_UNKNOWN' }] });
  acme.faults.add({ on: 'putBlob', times: 1, answer: { status: 404, body } });
  const { code, of } = await checks(['--target', 'acme']);
  expect(code).toBe(0);
  expect(of('target acme', 'repository')).toMatchObject({ state: 'note' });
  expect(of('target acme', 'repository')?.fix).toContain('Create');
  expect(of('target acme', 'referrers')?.state).toBe('ok');
});

it('notes what a registry lacks, and tags that the rules would move', async () => {
  writeRules('targets: [acme, plain, frozen]');
  expect((await checks(['--target', 'plain'])).of('target plain', 'referrers')).toMatchObject({
    state: 'note',
    found: expect.stringContaining('fallback tags') as unknown,
  });
  const { code, of } = await checks(['--target', 'frozen']);
  expect(code).toBe(0);
  expect(of('target frozen', 'tags')).toMatchObject({ state: 'note' });
  writeRules('targets: [frozen], immutable: true');
  const agreed = await checks(['--target', 'frozen']);
  expect(agreed.of('target frozen', 'tags')).toMatchObject({ state: 'ok' });
  writeRules('targets: [acme, plain]');
});

it('names what Pub/Sub lacks, and does without a project', async () => {
  const wrong = await checks(['--target', 'acme', '--topic', 'projects/vendor/topics/x-copy-jobs']);
  expect(wrong.code).toBe(1);
  expect(wrong.of('topic projects/vendor/topics/x-copy-jobs', 'exists')?.fix).toContain(
    'name_prefix',
  );
  const without = await checks(['--target', 'acme'], { COPY_JOBS_TOPIC: '' });
  expect(without.of('Pub/Sub', 'project')).toMatchObject({ state: 'skipped' });
});

it('checks only rules and credentials with --offline', async () => {
  writeRules(
    'targets: [acme]',
    `  other: { repository: '${acme.address}/o', impersonate: 'a@p.iam.gserviceaccount.com', paused: true }`,
  );
  acme.requests.reset();
  const { code, of } = await checks(['--offline']);
  expect(code).toBe(1);
  expect(of('target other', 'impersonate')?.state).toBe('wrong');
  expect(of('target other', 'paused')?.state).toBe('note');
  expect(of(`registry ${acme.address}`, 'credentials')?.state).toBe('ok');
  expect(acme.requests.counts()).toStrictEqual({});
  writeFileSync(join(folder, 'config.json'), 'no JSON');
  const broken = await checks(['--offline']);
  expect(broken.of(`registry ${acme.address}`, 'credentials')?.state).toBe('wrong');
  rmSync(join(folder, 'config.json'));
  writeRules('targets: [acme, plain]');
});

it('looks for the topic of release events where the environment names it', async () => {
  const exists = async (env: Record<string, string>) => {
    const { of } = await checks(['--target', 'acme'], env);
    return of(`topic ${topic('release-events')}`, 'exists')?.state;
  };
  expect(await exists({})).toBeUndefined();
  for (const RELEASE_EVENTS_TOPIC of ['release-events', topic('release-events')]) {
    expect(await exists({ RELEASE_EVENTS_TOPIC })).toBe('wrong');
  }
  // The project is unknown.
  const lost = {
    COPY_JOBS_TOPIC: 'copy-jobs',
    RELEASE_EVENTS_TOPIC: 'release-events',
    GOOGLE_CLOUD_PROJECT: '',
  };
  expect(await exists(lost)).toBeUndefined();
  broker.createTopic(topic('release-events'));
  expect(await exists({})).toBe('ok');
});

it('refuses a target that the rules do not have', async () => {
  const { code, stderr } = await relay(['--target', 'acne']);
  expect(code).toBe(2);
  expect(stderr).toContain('no target or group "acne"; did you mean "acme"?');
});
