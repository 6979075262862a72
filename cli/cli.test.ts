import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createBroker, type Broker } from '../local/servers/broker/broker';
import { image } from '../local/images/image';
import { layer } from '../local/images/layer';
import { push } from '../local/images/push';
import { findMissing } from '../local/images/read';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

const folder = mkdtempSync(join(tmpdir(), 'relay-cli-'));
const rules = join(folder, 'rules.yaml');
let vendor: Registry;
let acme: Registry;
let broker: Broker;

beforeAll(async () => {
  [vendor, acme, broker] = [await createRegistry(), await createRegistry(), await createBroker()];
  for (const name of ['copy-jobs']) {
    const topic = `projects/vendor/topics/${name}`;
    broker.createTopic(topic);
    broker.createSubscription({ name: `projects/vendor/subscriptions/${name}`, topic });
  }
  process.env['PUBSUB_EMULATOR_HOST'] = broker.address;
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  writeFileSync(
    rules,
    `targets:
  acme: { repository: ${acme.address}/acme }
  globex: { repository: ${acme.address}/globex }
  later: { repository: ${acme.address}/later, paused: true }
groups: { both: [acme, globex] }
rules:
  - { name: later, source: ${vendor.address}/paused, targets: [later] }
  - { name: api, source: ${vendor.address}/vendor, tags: { include: ['v*'] }, targets: [acme, globex] }
`,
  );
});

afterAll(async () => {
  delete process.env['PUBSUB_EMULATOR_HOST'];
  await Promise.all([vendor.close(), acme.close(), broker.close()]);
  rmSync(folder, { recursive: true });
});

function capture(isTTY: boolean): Writable & { isTTY: boolean; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return Object.assign(stream, { isTTY, text: () => chunks.join('') });
}

async function relay(args: readonly string[], options: { tty?: boolean; env?: object } = {}) {
  const stdout = capture(options.tty ?? false);
  const stderr = capture(options.tty ?? false);
  const env = { RULES_FILE: rules, DOCKER_CONFIG: folder, ...options.env };
  const { terminal } = captureTerminal(env);
  const code = await runCli(args, { ...terminal, stdout, stderr });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

describe('the command line', () => {
  it('explains itself on standard output', async () => {
    const { code, stdout, stderr } = await relay(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of ['copy', 'republish', 'dead-letters']) {
      expect(stdout).toContain(command);
    }
  });

  it('groups its commands, one line each at 80 columns', async () => {
    const { stdout } = await relay(['--help']);
    const groups = stdout.split('\n\n').slice(3, -1);
    expect(groups.map((group) => group.split('\n')[0])).toEqual([
      'Inspect:',
      'Act:',
      'Proofs:',
      'Setup:',
    ]);
    for (const line of groups.flatMap((group) => group.trimEnd().split('\n').slice(1))) {
      expect(line).toMatch(/^ {2}[a-z].{1,77}$/);
    }
  });

  it.each([
    ['an unknown command', ['cpy'], "unknown command 'cpy'"],
    ['a verb of other tools', ['pause', 'acme'], "unknown command 'pause': set `paused: true` on"],
    ['another one', ['sync'], 'run "relay backfill"'],
    ['an unknown option', ['copy', '--fast', 'a', 'b'], "unknown option '--fast'"],
    ['a missing argument', ['copy', 'gcr.io/a/b:1'], "missing required argument 'destination'"],
    ['something that is no reference', ['copy', 'api:1', 'gcr.io/a/b'], 'not an image reference'],
    ['a source without tag and digest', ['copy', 'gcr.io/a/b', 'gcr.io/c/d'], 'needs a :tag'],
    [
      'a concurrency of 0',
      ['copy', 'gcr.io/a/b:1', 'gcr.io/c/d', '--concurrency', '0'],
      'at least 1',
    ],
    [
      'a destination with a digest',
      ['copy', 'gcr.io/a/b:1', `gcr.io/c/d@sha256:${'a'.repeat(64)}`],
      'takes a :tag',
    ],
    [
      'a digest without a tag to give it',
      ['copy', `gcr.io/a/b@sha256:${'a'.repeat(64)}`, 'gcr.io/c/d'],
      'needs a destination with one',
    ],
    [
      'a topic in no project',
      ['republish', 'SOURCE:v1', '--topic', 't', '--yes'],
      'Project of t unknown. Pass --project',
    ],
  ])('answers %s with exit code 2 and no result', async (_name, args, said) => {
    const words = args.map((word) => word.replace('SOURCE', `${vendor.address}/vendor/api`));
    const { code, stdout, stderr } = await relay(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
  });
});

it.each([
  ['x', 2, 'MAX_MANIFEST_BYTES must be a whole number of at least 1, not "x".'],
  ['100', 1, 'larger than the limit of 100 bytes (MAX_MANIFEST_BYTES)'],
])('reads manifests up to MAX_MANIFEST_BYTES=%s', async (MAX_MANIFEST_BYTES, exit, said) => {
  const large = image({ tag: 'large' });
  await push(large, { registry: vendor.address, repository: 'vendor/large' });
  const args = ['copy', `${vendor.address}/vendor/large:large`, `${acme.address}/acme/large`];
  const { code, stderr } = await relay(args, { env: { MAX_MANIFEST_BYTES } });
  expect(code).toBe(exit);
  expect(stderr).toContain(said);
});

describe('copy', () => {
  const release = image({ layers: [layer({ seed: 'cli' })], config: { seed: 'cli' }, tag: 'v1' });

  beforeAll(() => push(release, { registry: vendor.address, repository: 'vendor/api' }));

  it('copies, then finds nothing to do', async () => {
    const args = ['copy', `${vendor.address}/vendor/api:v1`, `${acme.address}/by-hand/api`];
    const first = await relay([...args, '--json', '--verify']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(first.stdout)).toMatchObject({
      outcome: 'copied',
      verified: true,
      digest: release.root.digest,
      destination: `${acme.address}/by-hand/api:v1`,
    });
    const at = { registry: acme.address, repository: 'by-hand/api' };
    expect(await findMissing(release, at)).toStrictEqual([]);
    const { stdout } = await relay(args);
    expect(stdout).toMatch(/^Already at .*\n {2}sha256:.*\n {2}0 B written, \d+ requests, .* s\n$/);
    const again = await relay([...args, '--verify']);
    expect(again.stdout).toMatch(/ s\n {2}verified: every manifest was read back, .*\n$/);
  });

  it('shows each request with -v, without what may be secret', async () => {
    const source = `${vendor.address}/vendor/api:v1`;
    const { stderr, stdout } = await relay(['copy', '-v', source, `${acme.address}/seen/api`]);
    expect(stdout).toMatch(/^Copied to /);
    const lines = stderr.split('\n').slice(0, -1);
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) {
      expect(line).toMatch(/^[A-Z]+ http:\/\/127\.0\.0\.1:\d+\/v2\/[^?\s]+: \d{3}, \d+ ms$/);
    }
    expect(lines.some((line) => line.startsWith('PUT ') && line.includes(': 201, '))).toBe(true);
  });

  it.each([
    ['repeated', ['--platform', 'linux/amd64', '--platform', 'linux/arm64']],
    ['with commas', ['--platform', 'linux/amd64,linux/arm64']],
  ])('takes platforms before its arguments, %s', async (_name, options) => {
    const { root } = release;
    const { code, stdout } = await relay([
      'copy',
      ...options,
      `${vendor.address}/vendor/api:v1`,
      `${acme.address}/by-hand/platforms`,
      '--json',
    ]);
    expect({ code, answer: JSON.parse(stdout) as unknown }).toMatchObject({
      code: 0,
      answer: { digest: root.digest },
    });
  });

  it('draws a bar on a terminal, on standard error', async () => {
    const { stdout, stderr } = await relay(
      [
        'copy',
        `${vendor.address}/vendor/api@${release.root.digest}`,
        `${acme.address}/by-hand/other:v2`,
      ],
      { tty: true },
    );
    expect(stdout).toMatch(/^Copied to /);
    expect(stderr).toContain(' of ');
  });

  it('says what failed, without a stack, and exits with 1', async () => {
    const { code, stdout, stderr } = await relay([
      'copy',
      `${vendor.address}/vendor/api:missing`,
      `${acme.address}/by-hand/api`,
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^source-gone: \S+:missing was not found at the source\nPush it again if it should be released; .*\n$/,
    );
  });
});

describe('republish', () => {
  const env = { COPY_JOBS_TOPIC: 'projects/vendor/topics/copy-jobs' };
  const published = () => broker.counters('projects/vendor/subscriptions/copy-jobs').published;

  it('publishes the jobs with --yes, of all targets or of one', async () => {
    const before = published();
    const source = `${vendor.address}/vendor/api:v1`;
    const jobs = [
      { source, target: 'acme', rule: 'api' },
      { source, target: 'globex', rule: 'api' },
    ];
    const dry = await relay(['republish', source, '--json'], { env });
    expect(JSON.parse(dry.stdout)).toEqual({ version: 1, topic: null, jobs });
    expect(published()).toBe(before);
    const all = await relay(['republish', source, '--json', '--yes'], { env });
    expect(JSON.parse(all.stdout)).toEqual({
      version: 1,
      topic: 'projects/vendor/topics/copy-jobs',
      jobs,
    });
    const one = await relay([
      ...['republish', source, '--target', 'acme', '--rule', 'api', '-y'],
      ...['--topic', 'copy-jobs', '--project', 'vendor'],
    ]);
    expect(one.stdout).toMatch(/^Published 1 copy job to projects\/vendor\/topics\/copy-jobs:/);
    expect(published() - before).toBe(3);
  });

  it('says when a target is paused, so that nothing will come of it', async () => {
    const args = ['republish', `${vendor.address}/paused/api:v1`];
    const { stdout } = await relay(args);
    expect(stdout).toMatch(/ -> later \(later\): paused, so it copies nothing\n$/);
    const { jobs } = JSON.parse((await relay([...args, '--json'])).stdout) as { jobs: unknown };
    expect(jobs).toMatchObject([{ target: 'later', paused: true }]);
  });

  it.each([
    ['for several targets', [], 'Would publish 2 copy jobs; pass --yes to publish:\n'],
    ['for one target', ['--target', 'acme'], 'Would publish 1 copy job; pass --yes to publish:\n'],
    [
      'for a group of several',
      ['--target', 'both'],
      'Would publish 2 copy jobs; pass --yes to publish:\n',
    ],
  ])('only says what it would do, %s', async (_name, flags, said) => {
    const before = published();
    const source = `${vendor.address}/vendor/api:v1`;
    const { stdout } = await relay(['republish', source, ...flags]);
    expect(stdout).toContain(said);
    expect(published()).toBe(before);
  });

  it.each([
    ['--target', 'globx', 'The rules have no target or group "globx"; did you mean "globex"?'],
    ['--target', 'acme,nobody', 'The rules have no target or group "nobody".'],
    ['--rule', 'apo', 'The rules have no rule "apo"; did you mean "api"?'],
    ['--target', 'acme,', 'A name is empty.'],
  ])('takes no %s %s', async (flag, names, said) => {
    const source = `${vendor.address}/vendor/api:v1`;
    const { code, stdout, stderr } = await relay(['republish', source, flag, names]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
  });

  it('takes no reference that names no release', async () => {
    const { code, stderr } = await relay(['republish', `${vendor.address}/vendor/api`]);
    expect(code).toBe(2);
    expect(stderr).toContain('is not a release: it has neither :tag nor @digest.');
  });

  it('names the rule that comes nearest when nothing is allowed', async () => {
    const { code, stderr } = await relay(['republish', `${vendor.address}/vendor/api:nightly`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Nothing to publish: .*\n {2}rule "api" does not send/);
  });

  it('says when publishing failed', async () => {
    const { code, stderr } = await relay([
      ...['republish', `${vendor.address}/vendor/api:v1`],
      ...['--topic', 'projects/vendor/topics/missing', '--yes'],
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Publishing to projects\/vendor\/topics\/missing failed for 2 of 2/);
  });

  it.each([
    [
      'cannot be read',
      join(folder, 'none.yaml'),
      'none.yaml does not exist. Pass --rules FILE or set RULES_FILE.',
    ],
    ['are wrong', join(folder, 'wrong.yaml'), 'wrong.yaml:1:1: '],
  ])('says when the rules %s', async (_name, file, said) => {
    writeFileSync(join(folder, 'wrong.yaml'), 'rulez: []\n');
    const { code, stderr } = await relay(['republish', 'gcr.io/a/b:1', '--rules', file]);
    expect(code).toBe(1);
    expect(stderr).toContain(said);
  });

  it('shows the line of wrong rules, with a caret', async () => {
    const file = join(folder, 'indented.yaml');
    writeFileSync(file, 'targets:\n  acme:\n    bucket: gs://a\n      paused: true\nrules: []\n');
    const { code, stderr } = await relay(['republish', 'gcr.io/a/b:1', '--rules', file]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^\S*indented\.yaml:4:7: this line is indented too far: [^\n]*\n {10}paused: true\n {10}\^\n$/,
    );
  });
});
