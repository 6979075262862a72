import { setImmediate as turn } from 'node:timers/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signature } from '../local/images/attachments';
import { image } from '../local/images/image';
import { push } from '../local/images/push';
import { createBroker, type Broker } from '../local/servers/broker/broker';
import { createRegistry, type Registry } from '../local/servers/registry/registry';
import {
  openSubscriptionReader,
  type HeldMessage,
} from '../shared/dead-letters/subscription-reader';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';
import { systemClock } from '../shared/system/clock';

const subscription = (name: string) => `projects/vendor/subscriptions/${name}`;
const topic = (name: string) => `projects/vendor/topics/${name}`;
const folder = mkdtempSync(join(tmpdir(), 'relay-letters-'));
const rules = join(folder, 'rules.yaml');
const job = { source: 'gcr.io/vendor/app:v1', target: 'acme', rule: 'released' };

let vendor: Registry;
let broker: Broker;

beforeAll(async () => {
  vendor = await createRegistry();
  process.env['METADATA_SERVER_DETECTION'] = 'none';
  writeFileSync(
    rules,
    `targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor }
  globex: { repository: us-docker.pkg.dev/globex/vendor }
groups: { all: [acme, globex] }
rules:
  - { name: released, source: gcr.io/vendor, images: [app], tags: { include: ['v*'] }, targets: [acme, globex] }
  - { name: api, source: ${vendor.address}/vendor, images: [api], tags: { include: ['v*'] }, targets: [acme, globex] }
`,
  );
});

beforeEach(async () => {
  broker = await createBroker();
  for (const name of ['copy-jobs', 'dead-letters']) {
    broker.createTopic(topic(name));
    broker.createSubscription({ name: subscription(name), topic: topic(name) });
  }
  process.env['PUBSUB_EMULATOR_HOST'] = broker.address;
});

afterEach(() => broker.close());

afterAll(async () => {
  delete process.env['PUBSUB_EMULATOR_HOST'];
  await vendor.close();
  rmSync(folder, { recursive: true });
});

const env = () => ({ RULES_FILE: rules, DOCKER_CONFIG: folder, GOOGLE_CLOUD_PROJECT: 'vendor' });

async function relay(
  args: readonly string[],
  { isTTY = false, columns }: { isTTY?: boolean; columns?: number } = {},
) {
  const screen = { isTTY, columns };
  const { terminal, stdout, stderr } = captureTerminal(env(), screen);
  const code = await runCli(['dead-letters', ...args], terminal);
  return { code, stdout: stdout(), stderr: stderr() };
}

async function json(args: readonly string[]) {
  const { code, stdout } = await relay([...args, '--json']);
  return { code, ...(JSON.parse(stdout) as { deadLetters?: unknown }) };
}

function bury(data: unknown, attributes: Record<string, string> = {}): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return broker.publish(topic('dead-letters'), { data: Buffer.from(text), attributes });
}

const denied = { reason: 'target-denied', error: 'denied', remedy: 'Grant it.' };

function buryJob(id: string, target = 'acme', more: Record<string, string> = {}): string {
  const { source, rule } = job;
  return bury({ ...job, target }, { ...denied, source, target, rule, messageId: id, ...more });
}

/** Dead letters that another subscriber has pulled and neither acked nor returned. */
const held = () => {
  const { delivered, acked, nacked } = broker.counters(subscription('dead-letters'));
  return delivered - acked - nacked;
};
const left = (name: string) => broker.counters(subscription(name)).outstanding;

async function pulled(name: string) {
  const reader = await openSubscriptionReader(subscription(name), systemClock);
  const messages: HeldMessage[] = [];
  for await (const some of reader.read()) messages.push(...some);
  await reader.close();
  return messages.map(({ data, attributes }) => ({
    body: JSON.parse(Buffer.from(data).toString()) as unknown,
    attributes,
  }));
}

describe('dead-letters list', () => {
  it('says when there are none', async () => {
    expect((await relay(['list'])).stdout).toMatch(
      /^No dead letters found\.\nMessages leased by another subscriber /,
    );
    expect((await relay(['list', '--target', 'acme'])).stdout).toMatch(
      /^No matching dead letters found\.\n/,
    );
  });

  it('shows ours and those of Pub/Sub alike, each once, and leaves them there', async () => {
    buryJob('42');
    buryJob('42');
    bury(
      { source: 'gcr.io/c/d:2', target: 'globex' },
      {
        CloudPubSubDeadLetterSourceSubscription: 'copy-retries',
        CloudPubSubDeadLetterSourceDeliveryCount: '40',
      },
    );
    const { deadLetters } = await json(['list']);
    expect(deadLetters).toMatchObject([
      { messageId: '42', reason: 'target-denied', copies: 2 },
      { reason: 'undelivered', source: 'gcr.io/c/d:2', target: 'globex' },
    ]);
    const blocks = (await relay(['list'])).stdout;
    expect(blocks).toMatch(
      /^target-denied at acme: 1 dead letter\n {2}denied\n {4}42 {2}\S+ \S+ {2}gcr\.io\/vendor\/app:v1\n {2}-> Grant it\.\n\n/,
    );
    expect(blocks).toMatch(
      /\nundelivered at globex: 1 dead letter\n {2}40 deliveries of subscription/,
    );
    expect(blocks).toMatch(
      /\n\n2 dead letters\nMessages leased by another subscriber are not shown/,
    );
    expect(left('dead-letters')).toBe(3);
  });

  it.each([
    [
      ['--target', 'acme'],
      ['1', '3'],
    ],
    [['--rule', 'other'], ['3']],
    [
      ['--target', 'acme', '--target', 'globex'],
      ['1', '2', '3'],
    ],
    [['--target', 'all', '--reason', 'bug,network'], ['2']],
    [['--reason', 'bug'], ['2']],
    [['--target', 'acme', '--rule', 'released'], ['1']],
    [['--older-than', '1h'], []],
    [
      ['--newer-than', '1h'],
      ['1', '2', '3'],
    ],
  ])('filters by %j', async (flags, ids) => {
    buryJob('1');
    buryJob('2', 'globex', { reason: 'bug' });
    bury({ ...job, rule: 'other' }, { ...denied, target: 'acme', messageId: '3' });
    const { deadLetters } = await json(['list', ...flags]);
    expect((deadLetters as { messageId: string }[]).map(({ messageId }) => messageId)).toEqual(ids);
  });

  it.each([
    [
      'a subscription that is not there',
      ['list', '--subscription', 'missing'],
      1,
      'cannot be read',
    ],
    [
      'an unknown target',
      ['list', '--target', 'acne'],
      2,
      'Neither the rules nor a dead letter have a target "acne"; did you mean "acme"?\n',
    ],
    [
      'a reason that is none',
      ['replay', '--reason', 'target-deny'],
      2,
      'No dead letter has a reason "target-deny"; did you mean "target-denied"?\n',
    ],
    [
      'a name that no letter has, also beyond the limit',
      ['list', '--target', 'acme,globx', '--limit', '1'],
      2,
      'have a target "globx"; did you mean "globex"?\n',
    ],
    ['an age that is none', ['list', '--older-than', 'long'], 2, 'is not a duration'],
    [
      'a limit that is none',
      ['list', '--limit', '0'],
      2,
      '--limit must be a whole number of at least 1',
    ],
    ['a replay of nothing in particular', ['replay'], 2, 'Nothing selected'],
    [
      'a rate that is none',
      ['replay', '--all', '--rate', 'fast'],
      2,
      '--rate must be a whole number',
    ],
    ['an unknown ID', ['show', '7'], 1, 'has no dead letter 7'],
  ])('answers %s with an exit code and a sentence', async (_name, args, exit, said) => {
    for (const id of ['1', '2', '3']) buryJob(id);
    const { code, stdout, stderr } = await relay(args);
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
    expect(stderr).toContain(said);
  });
});

describe('dead-letters list, of many', () => {
  it('finds the one that is meant among thousands, and says how many there are', async () => {
    for (let i = 0; i < 2500; i += 1) buryJob(`a${i}`);
    buryJob('wanted', 'globex');
    const { deadLetters } = await json(['list', '--target', 'globex']);
    expect(deadLetters).toMatchObject([{ messageId: 'wanted' }]);
    expect((await relay(['list'])).stdout).toMatch(/\n2,501 dead letters\n/);
  });

  it('counts only what is meant against the limit, and says that there are more', async () => {
    for (const id of ['1', '2', '3']) buryJob(id);
    for (const id of ['4', '5']) buryJob(id, 'globex');
    const two = ['list', '--target', 'globex', '--limit', '2'];
    expect(await json(two)).toMatchObject({ hasMore: false, deadLetters: [{}, {}] });
    expect(await json(['list', '--limit', '4'])).toMatchObject({
      hasMore: true,
      deadLetters: [{}, {}, {}, {}],
    });
    expect((await relay(['list', '--limit', '4'])).stdout).toMatch(
      /\n4 dead letters; there are more than --limit\n/,
    );
    expect((await relay(['replay', '--all', '--limit', '4'])).stdout).toMatch(
      /4 dead letters of 4 can be replayed; there are more than --limit; nothing/,
    );
  });
});

describe('dead-letters list, read by a person', () => {
  it('groups dead letters with the same fix, the largest group first, and shortens the list', async () => {
    buryJob('g', 'globex');
    for (let i = 0; i < 12; i += 1) buryJob(`a${i}`, 'acme', { error: i < 6 ? 'denied' : 'gone' });
    const { stdout } = await relay(['list']);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('target-denied at acme: 12 dead letters');
    expect(lines.filter((line) => /^ {2}\w/.test(line))).toEqual([
      '  denied',
      '  gone',
      '  denied',
    ]);
    expect(stdout).toContain(
      '\n    and 2 more, which --all shows\n  -> Grant it.\n\ntarget-denied at globex: 1',
    );
    expect((await relay(['list', '--all'])).stdout.match(/^ {4}a/gm)).toHaveLength(12);
  });

  it('says that others may hold some, of one that is seen and of one that is asked for by its id', async () => {
    buryJob('seen');
    buryJob('held');
    const colleague = await openSubscriptionReader(subscription('dead-letters'), systemClock);
    const reading = colleague.read();
    while (!(await reading.next()).done);
    buryJob('fresh');
    for (const args of [['list'], ['replay', '--all'], ['replay', '--all', '--yes']]) {
      const { stdout } = await relay(args);
      expect(stdout).toMatch(
        /\b1 dead letter\b.*\nMessages leased by another subscriber are not shown/,
      );
    }
    expect((await relay(['show', 'held'])).stderr).toMatch(
      /has no dead letter held\. Messages leased /,
    );
    await colleague.close();
    expect((await relay(['replay', 'held'])).stdout).not.toContain('another subscriber');
  });

  it('gives back what it has pulled when it is interrupted', async () => {
    for (let i = 0; i < 1500; i += 1) buryJob(`a${i}`);
    const { terminal, stdout, stderr, interrupt } = captureTerminal(env());
    const listing = runCli(['dead-letters', 'list'], terminal);
    while (held() === 0) await turn();
    interrupt();
    expect(await listing).toBe(1);
    expect({ stdout: stdout(), stderr: stderr() }).toEqual({
      stdout: '',
      stderr: 'Interrupted: every dead letter was released.\n',
    });
    expect(held()).toBe(0);
  });

  it('needs no rules file, and then takes names as they stand', async () => {
    buryJob('1', 'initech');
    const { terminal, stdout } = captureTerminal({
      ...env(),
      RULES_FILE: join(folder, 'none.yaml'),
    });
    await runCli(['dead-letters', 'list', '--target', 'initech'], terminal);
    expect(stdout()).toMatch(/^target-denied at initech: 1 dead letter\n/);
  });
});

it('shows each call to Pub/Sub with -v, without what may be secret', async () => {
  buryJob('42', 'acme', { error: 'classified' });
  const { stderr, code } = await relay(['replay', '42', '--yes', '-v']);
  expect(code).toBe(0);
  const calls = stderr.split('\n').filter((line) => line.startsWith('google.pubsub.'));
  const [at, to] = [subscription('dead-letters'), topic('copy-jobs')];
  expect(calls.map((line) => line.replace(/, \d+ ms$/, ''))).toEqual([
    `google.pubsub.v1.Subscriber/Pull ${at}: OK`,
    `google.pubsub.v1.Subscriber/ModifyAckDeadline ${at}: OK`,
    ...Array<string>(3).fill(`google.pubsub.v1.Subscriber/Pull ${at}: OK`),
    `google.pubsub.v1.Publisher/Publish ${to}: OK`,
    `google.pubsub.v1.Subscriber/Acknowledge ${at}: OK`,
  ]);
  expect(stderr).not.toMatch(/classified|gcr\.io\/vendor\/app/);
  const missing = await relay(['list', '-v', '--subscription', 'missing']);
  expect(missing.stderr).toMatch(
    /^google\.pubsub\.v1\.Subscriber\/Pull \S+\/missing: NOT_FOUND, \d+ ms\n/,
  );
});

describe('a letter with an ID that another publisher wrote', () => {
  it('neither hides the other nor is it', async () => {
    const own = [
      buryJob('42'),
      bury({ ...job, target: 'globex' }, { ...denied, target: 'acme', messageId: '42' }),
    ];
    const { deadLetters } = await json(['list']);
    expect(deadLetters).toMatchObject(own.map((messageId) => ({ messageId })));
    expect(await json(['list', '--target', 'globex'])).toMatchObject({
      deadLetters: [{ messageId: '42', target: 'globex' }],
    });
    const said = `2 dead letters claim the ID 42; pass one of their own message IDs: ${own.join(', ')}.`;
    expect(await relay(['show', '42'])).toEqual({ code: 1, stdout: '', stderr: `${said}\n` });
    expect((await relay(['replay', '42', '--yes'])).stderr).toBe(`${said}\n`);
    expect(await json(['show', own[1]!])).toMatchObject({ target: 'globex' });
    expect(left('dead-letters')).toBe(2);
  });

  it('goes by its own where Pub/Sub gave up', async () => {
    const id = bury(job, { CloudPubSubDeadLetterSourceSubscription: 's', messageId: '42' });
    expect(await json(['list'])).toMatchObject({ deadLetters: [{ messageId: id }] });
  });
});

describe('dead-letters show', () => {
  it('shows all fields of a dead letter, and keeps it', async () => {
    buryJob('42', 'acme', { function: 'copyArtifact', since: '2026-11-24T11:00:00Z' });
    const { stdout } = await relay(['show', '42']);
    expect(stdout).toMatch(/^dead letter 42: target-denied\n {2}failed: \S+ by copyArtifact\n/);
    expect(stdout).toContain('  what to do: Grant it.\n  since: 2026-11-24T11:00:00Z\n');
    expect(stdout).toContain('\n  "source": "gcr.io/vendor/app:v1",\n');
    expect(await json(['show', '42'])).toMatchObject({ messageId: '42', copies: 1 });
    expect(left('dead-letters')).toBe(1);
  });

  it('shows data that is not JSON as it came', async () => {
    const id = bury('{"broken":');
    expect((await relay(['show', id])).stdout).toMatch(
      /: unknown\n {2}failed: \S+\n\n{"broken":\n$/,
    );
  });
});

it.each([['list'], ['show', 'a'], ['replay', '--all']])(
  'prints no control characters of a message with %s %s',
  async (...args) => {
    const red = '\u001b[31m';
    bury(`${red}\r\n`, { reason: red, error: red, target: red, source: red, messageId: 'a' });
    const { stdout } = await relay(args);
    expect(stdout).toContain('\\u001b[31m');
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
  },
);

describe('dead-letters replay', () => {
  it('only says what it would do, without --yes', async () => {
    buryJob('1');
    const { code, stdout } = await relay(['replay', '--all']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'planned 1 (target-denied)\n  gcr.io/vendor/app:v1 -> acme\n' +
        '1 dead letter of 1 can be replayed; nothing is published without --yes.\n',
    );
    expect([left('dead-letters'), left('copy-jobs')]).toEqual([1, 0]);
  });

  it('publishes a job without its history, once, and takes every copy of the letter away', async () => {
    buryJob('1', 'acme', { since: '2026-11-24T11:00:00Z', continued: '20' });
    buryJob('1');
    buryJob('2', 'globex');
    const report = await json(['replay', '1', '--yes']);
    expect(report).toMatchObject({
      code: 0,
      topic: topic('copy-jobs'),
      dryRun: false,
      deadLetters: [{ messageId: '1', outcome: 'replayed', jobs: [job] }],
    });
    expect(left('dead-letters')).toBe(1);
    const jobs = await pulled('copy-jobs');
    expect(jobs).toEqual([{ body: job, attributes: { target: 'acme', rule: 'released' } }]);
  });

  it('publishes a push as the jobs that the rules plan for it today', async () => {
    const released = image({ tag: 'v1' });
    const signed = signature(released.root);
    for (const each of [released, signed]) {
      await push(each, { registry: vendor.address, repository: 'vendor/api' });
    }
    const at = `${vendor.address}/vendor/api`;
    bury({ action: 'INSERT', tag: `${at}:v1` }, { messageId: 'tag' });
    bury({ action: 'INSERT', digest: `${at}@${signed.root.digest}` }, { messageId: 'signature' });
    bury({ action: 'INSERT', digest: `${at}@${released.root.digest}` }, { messageId: 'child' });
    bury({ action: 'INSERT', tag: `${at}:nightly` }, { messageId: 'unwanted' });
    bury({ action: 'DELETE', tag: `${at}:v1` }, { messageId: 'delete' });
    bury({ action: 'INSERT' }, { messageId: 'broken' });
    bury('no JSON', { messageId: 'junk' });

    const { deadLetters } = await json(['replay', '--all', '--yes', '--rate', '1000']);
    const reported = deadLetters as {
      messageId: string;
      outcome: string;
      why?: string;
      jobs: object[];
    }[];
    const of = (id: string) => reported.find(({ messageId }) => messageId === id);
    expect(of('tag')?.jobs).toEqual([
      { source: `${at}:v1`, target: 'acme', rule: 'api' },
      { source: `${at}:v1`, target: 'globex', rule: 'api' },
    ]);
    expect(of('signature')).toMatchObject({ outcome: 'replayed' });
    expect(of('child')).toMatchObject({ outcome: 'kept' });
    expect(of('child')?.why).toMatch(/today$/);
    expect(of('unwanted')?.why).toContain('matches no rule today');
    expect(of('delete')?.why).toContain('was deleted at the source');
    expect(of('broken')?.why).toContain('Not a registry notification');
    expect(of('junk')?.why).toContain('not JSON');
    expect([left('dead-letters'), left('copy-jobs')]).toEqual([5, 4]);
  });

  it('keeps a job that the rules of today refuse, and says why, without --yes, too', async () => {
    const refused = { ...job, target: 'initech' };
    bury(refused, { ...denied, messageId: '1' });
    bury({ ...job, source: 'gcr.io/vendor/app:nightly' }, { ...denied, messageId: '2' });
    for (const flags of [[], ['--yes']]) {
      const { code, deadLetters } = await json(['replay', '--all', ...flags]);
      expect(code).toBe(0);
      expect(deadLetters).toMatchObject([
        {
          messageId: '1',
          outcome: 'kept',
          why: 'gcr.io/vendor/app:v1 is not released to "initech" by the current rules: unknown target "initech"',
        },
        { messageId: '2', outcome: 'kept', why: expect.stringContaining('nightly') as string },
      ]);
    }
    expect([left('dead-letters'), left('copy-jobs')]).toEqual([2, 0]);
  });

  it('asks the rules before anything else', async () => {
    const { code, stderr } = await relay(['replay', '--all', '--rules', join(folder, 'none.yaml')]);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not exist. Pass --rules FILE') as string,
    });
  });

  it('ends with Ctrl-C after the letter that it is at, says so, and gives the others back', async () => {
    for (const id of ['1', '2', '3']) buryJob(id);
    const { terminal, stdout, stderr, interrupt } = captureTerminal(env());
    const replaying = runCli(['dead-letters', 'replay', '--all', '--yes', '--rate', '1'], terminal);
    while (left('dead-letters') === 3) await turn();
    interrupt();
    expect(await replaying).toBe(1);
    expect(stdout()).toMatch(/\n1 dead letter replayed to .*, 2 kept\.\n/);
    expect(stderr()).toBe('Interrupted: 1 of 3 dead letters replayed, the others were released.\n');
    expect([left('dead-letters'), left('copy-jobs')]).toEqual([2, 1]);
    expect((await json(['list'])).deadLetters).toHaveLength(2);
  });

  it('keeps what could not be published, and says why', async () => {
    buryJob('1');
    const { code, stdout, stderr } = await relay(['replay', '--all', '--yes', '--topic', 'none']);
    expect(code).toBe(1);
    expect(stdout).toContain('0 dead letters replayed to projects/vendor/topics/none, 1 kept.\n');
    expect(stderr).toMatch(/^Publishing to projects\/vendor\/topics\/none failed/);
    expect(left('dead-letters')).toBe(1);
  });

  it('draws a bar on a terminal, and names what is not there', async () => {
    buryJob('1');
    const { code, stderr } = await relay(['replay', '1', '9', '--yes'], { isTTY: true });
    expect(code).toBe(1);
    expect(stderr).toContain('of 1 dead letters');
    expect(stderr).toContain('Not found: 9. Messages leased by another subscriber ');
  });
});

it.each([['list'], ['show 1'], ['replay --all'], ['replay --all --yes'], ['replay 1 --yes']])(
  'keeps to the width of the terminal: %s',
  async (args) => {
    const source = `gcr.io/vendor/${'a-long-name-'.repeat(3)}app:v1`;
    const many = 'the repository of the customer answered in very many words '.repeat(3);
    buryJob('1', 'acme', { error: many, remedy: many, note: many });
    bury({ ...job, source }, { ...denied, source, target: 'acme', messageId: '2' });
    const { stdout } = await relay(args.split(' '), { isTTY: true, columns: 60 });
    // A reference stays whole, so that it can be copied.
    const isWhole = (line: string) => /\S{50}|^ *"/.test(line);
    expect(stdout.split('\n').filter((line) => line.length > 60 && !isWhole(line))).toStrictEqual(
      [],
    );
  },
);
