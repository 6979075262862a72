import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createArtifactRegistryServer } from '../local/servers/artifact-registry/artifact-registry';
import { catalogOf } from '../local/servers/artifact-registry/catalog';
import { createBuckets } from '../local/servers/buckets/buckets';
import { createBroker, type Broker } from '../local/servers/broker/broker';
import { image } from '../local/images/image';
import { push } from '../local/images/push';
import { createSampleSigner } from '../local/images/signing';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

const folder = mkdtempSync(join(tmpdir(), 'relay-inventory-'));
const file = (name: string): string => join(folder, name);
const TOPIC = 'projects/vendor/topics/copy-jobs';
const CSV_COLUMNS =
  'target,rule,image,tag,state,source,destination,digest,held,uploaded,bytes,paused,reason,error,remedy,kind,delivered,seconds,pausedUntil,pauseReason,why,since,next';

const first = image({ config: { seed: 'first' } });
const second = image({ config: { seed: 'second' } });

let vendor: Registry;
let acme: Registry;
let broker: Broker;
let emulator: string;
let close: () => Promise<void>;

beforeAll(async () => {
  [vendor, acme, broker] = [await createRegistry(), await createRegistry(), await createBroker()];
  const server = await createArtifactRegistryServer({
    catalog: catalogOf(vendor, { now: () => Date.UTC(2026, 10, 20) }),
  });
  [emulator, close] = [server.address, () => server.close()];
  broker.createTopic(TOPIC);
  broker.createSubscription({ name: 'projects/vendor/subscriptions/copy-jobs', topic: TOPIC });
  process.env['PUBSUB_EMULATOR_HOST'] = broker.address;
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  const write = (name: string, extra: string) =>
    writeFileSync(
      file(name),
      `targets:
  acme: { repository: '${acme.address}/acme' }
  globex: { repository: '${acme.address}/globex' }
  later: { repository: '${acme.address}/later', paused: true }
  gone: { repository: '127.0.0.1:1/gone' }
rules:
  - { name: api, source: '${vendor.address}/vendor/releases', images: ['**'], tags: { include: ['v*'] }, ${extra} }
`,
    );
  write('rules.yaml', 'targets: [acme, later]');
  write('more.yaml', 'targets: [acme, globex]');
  write('other.yaml', 'targets: [later], immutable: true');
  write('down.yaml', 'targets: [gone]');
  const required = 'require: [{ statement: signature, by: [release] }]';
  write('strict.yaml', `${required}, targets: [acme, later]`);
  writeFileSync(
    file('strict-too.yaml'),
    `${readFileSync(file('rules.yaml'), 'utf8')}  - { name: too, source: '${vendor.address}/vendor/releases', images: [api], ${required}, targets: [acme] }\n`,
  );
  for (const name of ['strict.yaml', 'strict-too.yaml']) {
    writeFileSync(
      file(name),
      `${readFileSync(file(name), 'utf8')}signers: { release: { key: release.pub } }\n`,
    );
  }
  const release = createSampleSigner('release');
  writeFileSync(file('release.pub'), release.publicKey);
  const at = (registry: Registry, repository: string, tag: string) => ({
    registry: registry.address,
    repository,
    tag,
  });
  for (const tag of ['v1', 'v2', 'v3']) await push(first, at(vendor, 'vendor/releases/api', tag));
  await push(first, at(vendor, 'vendor/releases/workers/mail', 'v1'));
  const mail = { registry: vendor.address, repository: 'vendor/releases/workers/mail' };
  await push(release.sign(first.root), mail);
  await push(first, at(acme, 'acme/api', 'v1'));
  await push(second, at(acme, 'acme/api', 'v2'));
});
afterAll(async () => {
  delete process.env['PUBSUB_EMULATOR_HOST'];
  await Promise.all([close(), vendor.close(), acme.close(), broker.close()]);
  rmSync(folder, { recursive: true });
});

async function relay(args: readonly string[], { env = {}, isTTY = false } = {}) {
  const { terminal, stdout, stderr } = captureTerminal(
    {
      RULES_FILE: file('rules.yaml'),
      DOCKER_CONFIG: folder,
      ARTIFACT_REGISTRY_EMULATOR_HOST: emulator,
      COPY_JOBS_TOPIC: TOPIC,
      ...env,
    },
    { isTTY },
  );
  const code = await runCli(args, terminal);
  return { code, stdout: stdout(), stderr: stderr() };
}

describe('status', () => {
  it('shows a row for each with a filter, and fails where something differs', async () => {
    const { code, stdout, stderr } = await relay(['status', '--target', 'acme']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^TARGET +RELEASE +STATE +RULE +DIGEST +HOLDS$/m);
    expect(stdout).toMatch(/^acme +api:v1 +current +api +sha256:[0-9a-f]{12}$/m);
    expect(stdout).toMatch(/api:v2 +stale +api +sha256:[0-9a-f]{12} +sha256:[0-9a-f]{12}$/m);
    expect(stdout).toMatch(/\n3 of 4 copies differ: 2 missing, 1 stale\n$/);
  });

  it('does not count paused targets', async () => {
    const { code, stdout } = await relay(['status', '--target', 'later', '--tag', 'v3']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/later .* missing \(paused\)/);
    expect(stdout).toMatch(/\n0 copies up to date; 1 left for later at paused targets\n$/);
  });

  it('is green where all is well', async () => {
    const { code, stdout } = await relay(
      ['status', '--target', 'acme', '--tag', 'v1', '--image', 'api'],
      { isTTY: true },
    );
    expect(code).toBe(0);
    expect(stdout).toContain('\u001b[32mcurrent');
    expect(stdout).toMatch(/1 copy up to date\n$/);
  });

  it('answers in JSON, with what scripts may rely on', async () => {
    const { code, stdout } = await relay(['status', '--json', '--drift', '--tag', 'v2']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      targets: [
        {
          target: 'acme',
          rule: 'api',
          image: 'api',
          tag: 'v2',
          state: 'stale',
          source: `${vendor.address}/vendor/releases/api:v2`,
          destination: `${acme.address}/acme/api:v2`,
          digest: first.root.digest,
          held: second.root.digest,
          uploaded: '2026-11-20T00:00:00.000Z',
        },
        { target: 'later', state: 'missing', paused: true },
      ],
      totals: { current: 0, missing: 1, stale: 1 },
      requests: expect.any(Number) as unknown,
    });
  });

  it('answers in CSV', async () => {
    const { stdout } = await relay([
      'status',
      '--csv',
      '--rules',
      file('down.yaml'),
      '--tag',
      'v3',
    ]);
    const [head, row] = stdout.split('\r\n');
    expect(head).toBe(CSV_COLUMNS);
    expect(row).toMatch(
      /^gone,api,api,v3,unreachable,.*,network,"?could not look up .*ECONNREFUSED/,
    );
  });

  it('prints YAML with what JSON has', async () => {
    const args = ['status', '-t', 'acme', '--tag', 'v2', '-f', file('rules.yaml')];
    const [json, yaml] = [
      await relay([...args, '-o', 'json']),
      await relay([...args, '-o', 'yaml']),
    ];
    expect(yaml.stdout).toMatch(/^version: 1\ntargets:\n {2}- target: acme\n/);
    expect({ ...(parse(yaml.stdout) as object), requests: 0 }).toEqual({
      ...(JSON.parse(json.stdout) as object),
      requests: 0,
    });
  });

  it('prints full digests and names in a wide table, names of releases, and rows alone', async () => {
    const args = ['status', '-t', 'acme', '--image', 'api', '--drift'];
    const name = `${vendor.address}/vendor/releases/api`;
    const [heads, row] = (await relay([...args, '-o', 'wide'], { isTTY: true })).stdout.split('\n');
    expect(heads).toMatch(/^TARGET .* DIGEST +HOLDS +UPLOADED +BYTES +SOURCE +DESTINATION$/);
    expect(row).toContain(first.root.digest);
    expect(row).toMatch(new RegExp(` 2026-11-20 00:00 +\\d+ +${name}:v3 +\\S+/acme/api:v3$`));
    expect((await relay([...args, '-o', 'name'])).stdout).toBe(`${name}:v3\n${name}:v2\n`);
    const rows = await relay([...args, '--no-headers']);
    expect(rows.stdout).toMatch(/^acme +api:v3 +missing .*\nacme +api:v2 +stale .*\n$/);
    const csv = await relay([...args, '-o', 'csv', '--no-headers']);
    expect(csv.stdout).toMatch(/^acme,api,api,v3,missing,.*\r\nacme,api,api,v2,stale,.*\r\n$/);
  });

  it('compares one release, by its short name', async () => {
    const { code, stdout } = await relay(['status', 'api:v2']);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^TARGET .*\nacme +api:v2 +stale .*\nlater +api:v2 +missing \(paused\).*\n\n/,
    );
    const none = await relay(['status', 'api:v9']);
    expect(none.code).toBe(1);
    expect(none.stderr).toMatch(/^No release matches api:v9\. /);
  });

  it('fails with 3 if the rules cannot be read', async () => {
    const { code, stderr } = await relay(['status', '-f', file('none.yaml')]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^The rules file /);
  });

  it('writes a page in addition to its output', async () => {
    const page = file('status.html');
    const { code, stdout } = await relay(['status', '--json', '--drift', '--html', page]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toHaveProperty('targets');
    expect(readFileSync(page, 'utf8')).toMatch(/"drift":true[^]*"targets":\[{"name":"acme"/);
    vendor.requests.reset();
    const failed = await relay(['status', '--html', join(page, 'below')]);
    expect(failed).toMatchObject({ code: 3, stdout: '' });
    expect(failed.stderr).toMatch(/^The page cannot be written: \S+: the directory does not exist/);
    expect(vendor.requests.counts()).toStrictEqual({});
  });

  it('has on the page what was given up, if asked, and a page without it where it cannot be read', async () => {
    const page = file('letters.html');
    broker.createTopic(`${TOPIC}-dead`);
    const subscription = 'projects/vendor/subscriptions/dead';
    broker.createSubscription({ name: subscription, topic: `${TOPIC}-dead` });
    const denied = { reason: 'target-denied', error: 'denied', remedy: 'Ask.' };
    const attributes = { target: 'acme', rule: 'released', ...denied };
    const data = Buffer.from('{"source":"gcr.io/v/api:v1","target":"acme"}');
    broker.publish(`${TOPIC}-dead`, { data, attributes });
    const write = (name: string) => relay(['status', '--html', page, '--dead-letters', name]);
    await write(subscription);
    expect(readFileSync(page, 'utf8')).toMatch(
      /"deadLetters":\[\{"time":"[^"]*","reason":"target-denied","error":"denied","remedy":"[^"]*","target":"acme","rule":"released","source":"gcr\.io\/v\/api:v1"\}\]/,
    );
    const { stderr } = await write('projects/vendor/subscriptions/nowhere');
    expect(stderr).toMatch(/^projects\/vendor\/subscriptions\/nowhere cannot be read/m);
    expect(readFileSync(page, 'utf8')).not.toContain('"deadLetters"');
    const alone = await relay(['status', '--dead-letters']);
    expect(alone).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('requires --html') as unknown,
    });
  });

  it('says once what to do about a target that cannot be asked, and that nothing is known to differ', async () => {
    const { code, stdout } = await relay(['status', '--rules', file('down.yaml')]);
    expect(code).toBe(3);
    expect(stdout.match(/gone: network: could not look up/g)).toHaveLength(1);
    expect(stdout).toContain('\n  Check the name, DNS, the egress of this network');
  });

  it('shows calls of Artifact Registry’s API with -v', async () => {
    const { stderr } = await relay(['status', '-v']);
    expect(stderr).toMatch(
      /^google\.devtools\.artifactregistry\.v1\.ArtifactRegistry\/ListDockerImages projects\/\S+: OK, \d+ ms$/m,
    );
  });

  it('draws a bar on a terminal, on standard error', async () => {
    const { stderr } = await relay(['status', '--tag', 'v1'], { isTTY: true });
    expect(stderr).toContain(' of 4 releases');
  });

  it.each([
    [['status', '--target', 'acmee'], 'no target or group "acmee"; did you mean "acme"?'],
    [['status', '--rule', 'x'], 'no rule "x"'],
    [['status', '--tag', 'a{'], "--tag 'a{' has a `{` without its `}`"],
    [['status', '--json', '--csv'], "option '--csv' cannot be used with option '--json'"],
    [['status', '-o', 'csv', '--json'], "option '--json' cannot be used with"],
    [['status', '-o', 'xml'], 'Allowed choices are table, wide, json, yaml, csv, name'],
    [['republish', 'gcr.io/v/a:1', '-o', 'csv'], 'Allowed choices are table, json, yaml'],
    [['status', '--wait'], '--wait requires a reference'],
    [['status', 'api'], 'is not a release: it has no :tag'],
    [['status', '--rate', '0'], '--rate must be a whole number'],
    [['backfill', '--since', 'soon'], '--since takes a date'],
    [['backfill', '--newest', 'x'], '--newest must be a whole number'],
    [['plan'], 'Pass --base, --rules or both'],
  ])('%j ends with 2 and says why', async (args, why) => {
    const { code, stdout, stderr } = await relay(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(why);
  });

  it('says when one of the sources cannot be listed, and compares the others', async () => {
    const rules = file('half.yaml');
    writeFileSync(
      rules,
      `targets: { acme: { repository: '${acme.address}/acme' } }
rules:
  - { name: far, source: ghcr.io/v, targets: [acme], as: 'far/{image}:{tag}' }
  - { name: api, source: '${vendor.address}/vendor/releases', images: [api], tags: { include: [v1] }, targets: [acme] }
`,
    );
    const said =
      /^The source of rule "far", ghcr\.io\/v, cannot be listed: .* name them in `images`/;
    const status = await relay(['status', '--rules', rules]);
    expect(status.code).toBe(3);
    expect(status.stdout).toMatch(/\n1 copy up to date\n$/);
    expect(status.stderr).toMatch(said);
    const backfill = await relay(['backfill', '--rules', rules]);
    expect(backfill.code).toBe(1);
    expect(backfill.stdout).toMatch(/^Nothing to publish/);
    expect(backfill.stderr).toMatch(said);
    expect((await relay(['status', '--rules', rules, '--rule', 'api'])).code).toBe(0);
  });

  it('says when a source cannot be listed', async () => {
    const rules = file('unlisted.yaml');
    writeFileSync(
      rules,
      'targets: { a: { repository: gcr.io/a } }\nrules: [{ name: x, source: ghcr.io/v, targets: [a] }]\n',
    );
    const { code, stderr } = await relay(['status', '--rules', rules]);
    expect(code).toBe(3);
    expect(stderr).toContain('ghcr.io/v is not in Artifact Registry');
  });
});

describe('a filter that matches no release', () => {
  it.each([
    ['status', '--tag', '9.9.9'],
    ['status', '--json', '--image', 'nope'],
    ['backfill', '--image', 'nope', '--tag', '9.*'],
  ])('fails in %s, and is named', async (...args) => {
    const { code, stderr } = await relay(args);
    expect(code).toBe(1);
    const given = args.filter((word) => !['status', 'backfill', '--json'].includes(word)).join(' ');
    expect(stderr).toContain(`No release matches ${given}. `);
  });
});

describe('plan with a source that cannot be listed', () => {
  const rulesFor = (images: string) => `targets:
  acme: { repository: '${acme.address}/acme', bucket: gs://acme }
rules:
  - { name: models, source: gs://gone, targets: [acme] }
  - { name: api, source: '${vendor.address}/vendor/releases', images: [${images}], tags: { include: [v1] }, targets: [acme] }
`;

  it('compares the others, and says that the bucket does not exist', async () => {
    const buckets = await createBuckets({ buckets: ['acme'] });
    writeFileSync(file('plan-base.yaml'), rulesFor('web'));
    writeFileSync(file('plan-next.yaml'), rulesFor('api'));
    const args = ['plan', '--base', file('plan-base.yaml'), '--rules', file('plan-next.yaml')];
    const options = { env: { STORAGE_EMULATOR_HOST: buckets.address } };
    try {
      const { code, stdout, stderr } = await relay(args, options);
      expect(stdout).toContain('api:v1');
      expect(stderr).toMatch(
        /^The source of rule "models", gs:\/\/gone, does not exist: .*\nCreate it, or correct "source"/,
      );
      expect(stderr).not.toContain('source-denied');
      expect(code).toBe(1);
      expect((await relay([...args, '--exit-code'], options)).code).toBe(2);
      const narrowed = await relay([...args, '--rule', 'api'], options);
      expect(narrowed).toMatchObject({ code: 0, stderr: '' });
      expect(narrowed.stdout).toContain('api:v1');
    } finally {
      await buckets.close();
    }
  });
});

describe('backfill', () => {
  it('says what it would do, oldest first, and how much that is', async () => {
    const { code, stdout } = await relay(['backfill', '--target', 'acme']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /releases\/api:v3 -> acme: \S+\/acme\/api:v3 \(api\): missing\n.*releases\/api:v2 -> acme: \S+ \(api\): stale\n/,
    );
    expect(stdout).toMatch(
      /Would publish 3 copy jobs, up to \d\.\d KiB; pass --yes to publish\n1 is current\n$/,
    );
  });

  it('puts on one line what is lacking alike, unless --all is said', async () => {
    const rules = readFileSync(file('rules.yaml'), 'utf8').replaceAll(', paused: true', '');
    writeFileSync(file('awake.yaml'), rules);
    const args = ['backfill', '--image', 'api', '--rules', file('awake.yaml')];
    const { stdout } = await relay([...args, '--target', 'later']);
    expect(stdout).toMatch(/^ {2}\S+releases\/api:v1, v2, v3 -> later \(api\): missing\n/);
    expect((await relay([...args, '--target', 'later', '--all'])).stdout).toMatch(
      /^(?: {2}\S+releases\/api:v\d -> later: \S+ \(api\): missing\n){3}Would/,
    );
  });

  it('publishes at most the newest', async () => {
    const outstanding = () =>
      broker.counters('projects/vendor/subscriptions/copy-jobs').outstanding;
    const args = ['backfill', '--target', 'acme', '--newest', '1', '--image', 'api', '--yes'];
    const { stdout, stderr } = await relay(args, { isTTY: true });
    expect(stdout).toMatch(
      /api:v3 -> acme: \S+ \(api\): missing\nPublished 1 copy job, .* to projects\/vendor/,
    );
    expect(stderr).toContain('1 of 1 jobs');
    expect(outstanding()).toBe(1);
  });

  it('leaves paused targets and what is older alone', async () => {
    const paused = await relay(['backfill', '--target', 'later']);
    expect(paused.stdout).toContain('Nothing to publish');
    const old = await relay(['backfill', '--since', '2026-11-21']);
    expect(old.stdout).toContain('Nothing to publish');
  });

  it('answers in JSON', async () => {
    const { stdout } = await relay(['backfill', '--json', '--tag', 'v2']);
    expect(JSON.parse(stdout)).toMatchObject({
      topic: null,
      unknownSizes: 0,
      jobs: [
        {
          source: `${vendor.address}/vendor/releases/api:v2@${first.root.digest}`,
          target: 'acme',
          rule: 'api',
        },
      ],
    });
  });

  it('says what it leaves out', async () => {
    const { stdout } = await relay(['backfill', '--rules', file('down.yaml')]);
    expect(stdout).toContain('4 skipped: need manual action');
  });

  it('says how far it came when publishing fails', async () => {
    const { code, stderr } = await relay([
      ...['backfill', '--target', 'acme', '--yes'],
      ...['--topic', 'projects/vendor/topics/missing'],
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('0 of 3 jobs were published before; run it again for the rest.');
  });
});

describe('status of what must be proven', () => {
  it('is held, and says what is missing and since when it is there', async () => {
    vendor.requests.reset();
    const args = ['status', '--rules', file('strict.yaml'), '--json', '--no-attachments'];
    const { stdout } = await relay(args);
    // One for each digest, whatever the tags and targets are.
    expect(vendor.requests.counts()['listReferrers']).toBe(2);
    const { targets } = JSON.parse(stdout) as { targets: Record<string, string>[] };
    const rows = targets.filter(({ target }) => target === 'acme');
    expect(rows.map(({ image, tag, state }) => `${image}:${tag} ${state}`)).toEqual([
      'workers/mail:v1 missing',
      'api:v2 held',
      'api:v3 held',
      'api:v1 current',
    ]);
    expect(rows[1]).toMatchObject({
      reason: 'unproven',
      error: expect.stringContaining('api requires signature by release: found nothing') as string,
      uploaded: '2026-11-20T00:00:00.000Z',
    });
  });
});

describe('plan', () => {
  const plan = (next: string, ...more: string[]) =>
    relay(['plan', '--base', file('rules.yaml'), '--rules', file(next), ...more]);

  it('says what changed rules start and stop', async () => {
    const { code, stdout } = await plan('more.yaml');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\+ \S+releases\/api:v1, v2, v3 -> globex \(api\)$/m);
    expect(stdout).toMatch(/^\+ \S+mail:v1 -> globex: \S+\/globex\/workers\/mail:v1 \(api\)$/m);
    expect(stdout).toMatch(/^- \S+releases\/api:v1, v2, v3 -> later \(api\)$/m);
    expect(stdout).toMatch(
      /4 would start, to 1 target, up to .*; what is pushed already needs `relay backfill`\.\n4 would stop/,
    );
  });

  it('says each with --all, and ends with 1 with --exit-code where something changes', async () => {
    const { code, stdout } = await plan('more.yaml', '--all', '--exit-code');
    expect(code).toBe(1);
    expect(stdout.match(/^\+ \S+ -> globex: \S+ \(api\)$/gm)).toHaveLength(4);
    expect((await plan('rules.yaml', '--exit-code')).code).toBe(0);
  });

  it('distinguishes changes from unknowns, with --exit-code', async () => {
    writeFileSync(
      file('unread.yaml'),
      'targets: { a: { repository: gcr.io/a } }\nrules: [{ name: x, source: ghcr.io/v, targets: [a] }]\n',
    );
    const { code, stderr } = await plan('unread.yaml', '--exit-code');
    expect(code).toBe(2);
    expect(stderr).toContain('ghcr.io/v is not in Artifact Registry');
    expect((await plan('unread.yaml')).code).toBe(1);
    expect((await plan('none.yaml', '--exit-code')).code).toBe(2);
  });

  it('narrows what it says to targets and rules of either file', async () => {
    const { stdout } = await plan('more.yaml', '--target', 'globex', '--rule', 'api');
    expect(stdout).toContain('4 would start');
    expect(stdout).not.toContain('would stop');
    expect((await plan('more.yaml', '--target', 'globx')).stderr).toContain(
      'did you mean "globex"?',
    );
  });

  it('expands a group as in either file', async () => {
    const rules = readFileSync(file('rules.yaml'), 'utf8').replace('[acme, later]', '[some]');
    for (const [name, members] of Object.entries({ before: 'acme, later', after: 'acme' })) {
      writeFileSync(file(`${name}.yaml`), `${rules}groups: { some: [${members}] }\n`);
    }
    const files = ['--base', file('before.yaml'), '--rules', file('after.yaml')];
    const { code, stdout } = await relay(['plan', ...files, '--target', 'some', '--exit-code']);
    expect(stdout).toMatch(/^- \S+api:v1, v2, v3 -> later \(api\)$/m);
    expect(code).toBe(1);
  });

  it('finds by its old name what another rule releases in another way', async () => {
    const rules = readFileSync(file('other.yaml'), 'utf8').replace('name: api', 'name: renamed');
    writeFileSync(file('renamed.yaml'), rules);
    const { stdout } = await plan('renamed.yaml', '--rule', 'api');
    expect(stdout).toContain('4 would be released in another way.');
  });

  it('says what is released in another way', async () => {
    const { stdout } = await plan('other.yaml');
    expect(stdout).toMatch(/^~ \S+api:v1, v2, v3 -> later \(api\): other immutable$/m);
    expect(stdout).toContain('4 would be released in another way.');
  });

  it('says what stricter requirements would hold back, and what for', async () => {
    const { stdout } = await plan('strict.yaml');
    expect(stdout).toMatch(/^~ \S+api:v1, v2, v3 -> acme, later \(api\): other require$/m);
    const held =
      /^! \S+api:v1 -> acme, later: would be held: \S+ does not meet its requirements: api requires signature by release: found nothing$/m;
    expect(stdout).toMatch(held);
    expect(stdout).not.toMatch(/^! .*mail/m);
    expect(stdout).toContain('6 would be held until what the rules require is there');
    const json = JSON.parse((await plan('strict.yaml', '--json')).stdout) as { held: object[] };
    expect(json.held).toHaveLength(6);
    expect(json.held[0]).toMatchObject({ target: 'acme', state: 'held', reason: 'unproven' });
    expect((await plan('strict.yaml', '--markdown')).stdout).toMatch(/^- `.*would be held/m);
  });

  it('says so of a stricter rule that comes after the one that names the release', async () => {
    const { stdout } = await plan('strict-too.yaml');
    expect(stdout).toMatch(/^~ \S+api:v1, v2, v3 -> acme \(api\): other require$/m);
    expect(stdout).toMatch(/^! \S+api:v1 -> acme: would be held: .*: too requires signature/m);
  });

  it('says when nothing changes', async () => {
    const { stdout } = await plan('rules.yaml');
    expect(stdout).toBe('Nothing changes for what is at the source now.\n');
  });

  it('makes a comment for a pull request', async () => {
    const { stdout } = await plan('more.yaml', '--markdown', '--all');
    expect(stdout).toMatch(/^### What these rules change\n\n- 4 would start/);
    expect(stdout).toMatch(/\| starts \| globex \| `.*api:v1` \| `.*globex\/api:v1` \| api \|/);
  });

  it('answers in JSON', async () => {
    const { stdout } = await plan('other.yaml', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      started: [],
      stopped: [{ target: 'acme' }, {}, {}, {}],
      changed: [{ target: 'later', options: ['immutable'] }, {}, {}, {}],
    });
  });
});
