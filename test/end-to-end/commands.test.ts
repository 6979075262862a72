import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ANSWERS } from '../../cli/answers';
import { signature } from '../../local/images/attachments';
import { together } from '../../local/images/content';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { findMissing } from '../../local/images/read';
import { createStack, type Stack } from '../../local/stack/stack';
import { runCommand, type CommandOptions, type Ended } from '../support/command';

// A process for each command, on a machine that may be busy.
jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'relay-commands-'));
const file = (name: string): string => join(folder, name);
const unsigned = image({ config: { seed: 'release' } });
const release = together(unsigned, signature(unsigned.root));
const TOPIC = 'projects/local/topics/copy-jobs';

let stack: Stack;
beforeAll(async () => {
  stack = await createStack({
    port: 0,
    customers: [{ name: 'acme' }, { name: 'globex' }, { name: 'initech' }],
    rules: rulesFor('acme'),
    broker: { timeScale: { waits: 20 } },
    environment: { GRACE_SECONDS: '0' },
  });
  const [registry = '', ...path] = `${stack.source}/api`.split('/');
  for (const tag of ['1.0.0', '1.1.0']) {
    await push(release, { registry, repository: path.join('/'), tag });
  }
  await stack.broker!.whenQuiet();
  writeFileSync(file('old.yaml'), rulesFor('acme')(places()));
  writeFileSync(file('both.yaml'), rulesFor('acme, globex')(places()));
  writeFileSync(file('new.yaml'), rulesFor('acme, initech')(places()));
  writeFileSync(file('wrong.yaml'), 'rulez: []\n');
  const gone = [{ name: 'gone', repository: '127.0.0.1:1/gone' }];
  writeFileSync(file('down.yaml'), rulesFor('gone')({ ...places(), targets: gone }));
});
afterAll(async () => {
  await stack.close();
  rmSync(folder, { recursive: true });
});

type Places = { source: string; targets: readonly { name: string; repository: string }[] };
const places = (): Places => ({ source: stack.source, targets: stack.customers });

function rulesFor(targets: string) {
  return ({ source, targets: customers }: Places): string => `targets:
${customers.map(({ name, repository }) => `  ${name}: { repository: '${repository}' }`).join('\n')}
rules:
  - { name: releases, source: '${source}', images: [api], tags: { semver: '*' }, targets: [${targets}] }
`;
}

const environment = (): NodeJS.ProcessEnv => ({
  RULES_FILE: file('old.yaml'),
  COPY_JOBS_TOPIC: TOPIC,
  PUBSUB_EMULATOR_HOST: stack.pubsubAddress,
  ARTIFACT_REGISTRY_EMULATOR_HOST: stack.artifactRegistryAddress,
  DOCKER_CONFIG: folder,
  // What is piped has no colours, whatever other tools make of this.
  FORCE_COLOR: '1',
});

/** SOURCE, ACME and INITECH stand for where those are; a word with ".yaml" for that file. */
function run(line: string, options: CommandOptions = {}): Promise<Ended> {
  const named: Record<string, string> = {
    SOURCE: stack.source,
    ACME: stack.customers[0]!.repository,
    INITECH: stack.customers[2]!.repository,
  };
  const words = line
    .split(' ')
    .map((word) => word.replaceAll(/SOURCE|ACME|INITECH/g, (name) => named[name] ?? ''))
    .map((word) => (/\.(?:yaml|html)$/.test(word) ? file(word) : word));
  const { env, ...others } = options;
  return runCommand(words, { env: { ...environment(), ...env }, ...others });
}

async function expectEnd(
  line: string,
  { code = 0, stdout = /^$/, stderr = /^$/, ...options }: Expected & CommandOptions,
): Promise<Ended> {
  const ended = await run(line, options);
  expect({ line, code: ended.code }).toEqual({ line, code });
  expect(ended.stdout).toMatch(stdout);
  expect(ended.stderr).toMatch(stderr);

  expect(ended.stdout + ended.stderr).not.toMatch(/\u001b/);
  return ended;
}

interface Expected {
  readonly code?: number;
  readonly stdout?: RegExp;
  readonly stderr?: RegExp;
}

async function json(line: string, code = 0): Promise<unknown> {
  const { stdout } = await expectEnd(`${line} --json`, { code, stdout: /^\{/ });
  const answer: unknown = JSON.parse(stdout);
  const [, name = ''] = /^(dead-letters \w+|\S+)/.exec(line) ?? [];
  expect(ANSWERS[name as keyof typeof ANSWERS].parse(answer)).toEqual(answer);
  return answer;
}

const COMMANDS = [
  'check',
  'explain',
  'status',
  'history',
  'plan',
  'backfill',
  'copy',
  'republish',
  'dead-letters',
  'halt',
  'resume',
  'statements',
  'approve',
  'override',
  'evidence',
  'doctor',
  'completion',
];
const LETTERS = ['list', 'show', 'replay'];

describe('help', () => {
  const listed = (help: string) =>
    [...help.matchAll(/\n(?:Commands|Inspect|Act|Proofs|Setup):\n([^]*?)(?=\n\n|$)/g)]
      .flatMap(([, group = '']) => [...group.matchAll(/^ {2}([a-z-]+)/gm)])
      .map(([, name]) => name)
      .filter((name) => name !== 'help');

  it('names every command', async () => {
    await expectEnd('--version', { stdout: /^\d+\.\d+\.\d+\n$/ });
    const { stdout } = await expectEnd('--help', { stdout: /^Usage: relay / });
    expect(listed(stdout)).toEqual(COMMANDS);
    const letters = await expectEnd('dead-letters --help', { stdout: /^Usage: / });
    expect(listed(letters.stdout)).toEqual(LETTERS);
  });

  it.each([...COMMANDS, ...LETTERS.map((name) => `dead-letters ${name}`)])(
    'of %s has examples, and comes on standard output',
    async (name) => {
      const { stdout } = await expectEnd(`${name} --help`, {
        stdout: new RegExp(`^Usage: relay ${name} `),
      });
      expect(stdout).toMatch(new RegExp(`\\nExamples?:\\n  relay ${name}[ \\n]`));
    },
  );
});

describe('a wrong call ends with 2, says why on standard error, and gives no result', () => {
  it.each([
    ['cpy', /^error: unknown command 'cpy'\n\(Did you mean copy\?\)/],
    ...[...COMMANDS, ...LETTERS.map((name) => `dead-letters ${name}`)].map(
      (name) =>
        [
          `${name} --frobnicate`,
          /^error: (?:unknown option '--frobnicate'|required option )/,
        ] as const,
    ),
    ['explain', /missing required argument 'reference'/],
    ['explain NOTHING', /not an image reference/],
    ['copy SOURCE/api:1.0.0', /missing required argument 'destination'/],
    ['copy SOURCE/api:1.0.0 ACME/x --concurrency 1e9', /--concurrency must be a whole number/],
    ['status --json --csv', /^error: option '--csv' cannot be used with option '--json'/],
    ['status --rate 99999999999999999999', /^--rate must be a whole number of at least 1/],
    ['status --target nobody', /^The rules have no target or group "nobody"/],
    ['status --image [', /^--image '\[' has a bad character class/],
    ['plan', /Pass --base, --rules or both/],
    ['backfill --since 2026-02-30', /^--since takes a date such as/],
    ['backfill --since 1', /^--since takes a date such as/],
    ['backfill --jobs-per-second 0', /^--jobs-per-second must/],
    [
      'republish SOURCE/api:1.0.0 --yes --topic projects/x',
      /^"projects\/x" is no name: .*\/topics\/NAME/,
    ],
    ['backfill --yes --topic a/b', /^"a\/b" is no name/],
    ['dead-letters list --subscription projects/p/topics/t', /is no name: .*\/subscriptions\/NAME/],
    ['dead-letters', /^Usage: relay dead-letters /],
    ['dead-letters replay', /^Nothing selected: /],
    ['dead-letters list --limit 0x10', /^--limit must be a whole number/],
    ['dead-letters list --older-than soon', /is not a duration/],
    ['doctor --target nobody', /^The rules have no target or group "nobody"/],
    ['completion tcsh', /Allowed choices are bash, zsh, fish/],
  ] as const)('%s', async (line, stderr) => {
    await expectEnd(line, { code: 2, stderr });
  });
});

describe('what cannot be done ends with 1', () => {
  it.each([
    [
      'explain SOURCE/api:1 --rules none.yaml',
      /^The rules file \S*none\.yaml does not exist\. Pass --rules FILE/,
    ],
    ['plan --base wrong.yaml', /wrong\.yaml:1:1: unknown key `rulez`/],
    ['plan --base none.yaml', /^The rules file \S*none\.yaml does not exist\. Pass --rules FILE/],
    [
      'backfill --rules none.yaml',
      /^The rules file \S*none\.yaml does not exist\. Pass --rules FILE/,
    ],
    [
      'republish SOURCE/api:1 --rules none.yaml',
      /^The rules file \S*none\.yaml does not exist\. Pass --rules FILE/,
    ],
    ['republish SOURCE/other:1', /^Nothing to publish: the rules send /],
    [
      'doctor --rules none.yaml',
      /^The rules file \S*none\.yaml does not exist\. Pass --rules FILE/,
    ],
    ['copy SOURCE/api:none ACME/x', /^source-gone: .*\nPush it again if it should be released/],
    ['copy SOURCE/api:1.0.0 127.0.0.1:1/x', /^network: could not .* ECONNREFUSED/],
    ['dead-letters show 1', /has no dead letter 1\./],
  ] as const)('%s', async (line, stderr) => {
    await expectEnd(line, { code: 1, stderr });
  });

  it('without Google’s credentials, and says how to get them', async () => {
    const env = {
      PUBSUB_EMULATOR_HOST: undefined,
      ARTIFACT_REGISTRY_EMULATOR_HOST: undefined,
      METADATA_SERVER_DETECTION: 'none',
      HOME: folder,
    };
    writeFileSync(
      file('google.yaml'),
      'targets: { a: { repository: us-docker.pkg.dev/a/b } }\nrules: [{ name: r, source: us-docker.pkg.dev/v/r, targets: [a] }]\n',
    );
    const stderr = /^[^\n]*gcloud auth application-default login[^\n]*\n$/;
    await expectEnd('status --rules google.yaml', { code: 3, stderr, env });
    await expectEnd('dead-letters list', { code: 1, stderr, env });
    await expectEnd('republish SOURCE/api:1.0.0 --yes', {
      code: 1,
      stderr:
        /^Publishing to \S+ failed for 1 of 1 messages: [^\n]*gcloud auth application-default login[^\n]*\n$/,
      env,
    });
  });
});

describe('check', () => {
  it('sums rules up, or says what is wrong with them', async () => {
    await expectEnd('check', { stdout: /releases[^]* is valid: 1 rule, 1 target\n$/ });
    expect(await json('check')).toMatchObject({ ok: true, problems: [] });
    await expectEnd('check --rules wrong.yaml', {
      code: 1,
      stdout: /wrong\.yaml:1:1: unknown key `rulez`/,
      stderr: /^\S+wrong\.yaml: \d problems?\n$/,
    });
    expect(await json('check --rules wrong.yaml', 1)).toMatchObject({
      ok: false,
      problems: [{ line: 1, column: 1 }, {}, {}],
    });
  });
});

describe('explain', () => {
  it('says where an image goes', async () => {
    await expectEnd('explain SOURCE/api:1.0.0', {
      stdout:
        /is released to 1 target\n\+ releases: yes, .*\n {4}acme -> \S+\/acme\/vendor\/api:1\.0\.0: copied\n$/,
    });
    await expectEnd('explain SOURCE/api:latest', {
      stdout: /is not released to any target\n- releases: no, /,
    });
    expect(await json('explain SOURCE/api:1.0.0')).toMatchObject({
      copies: [{ target: 'acme', rule: 'releases' }],
    });
  });
});

describe('status', () => {
  it('is 0 where all is well', async () => {
    const all =
      /^TARGET +HOLDS .*\nacme +2\/2.*\n\nRELEASE +HELD BY .*\napi:1\.0\.0 +1\/1.*\n[^]*\n2 copies up to date\n$/;
    await expectEnd('status', { stdout: all });
    expect(await json('status')).toMatchObject({ totals: { current: 2, missing: 0 } });
    await expectEnd('status --tag 7.*', {
      code: 1,
      stdout: /^No release matches the rules and filters\n$/,
      stderr: /^No release matches --tag 7/,
    });
    await expectEnd('backfill --tag 7.*', {
      code: 1,
      stdout: /^Nothing to publish/,
      stderr: /^No release matches --tag 7/,
    });
  });

  it('is 1 where something differs, in every form', async () => {
    const both = 'status --rules both.yaml --target globex';
    await expectEnd(both, { code: 1, stdout: /\n2 of 2 copies differ: 2 missing\n$/ });
    expect(await json(both, 1)).toMatchObject({
      targets: [
        { target: 'globex', rule: 'releases', image: 'api', tag: '1.0.0', state: 'missing' },
        { tag: '1.1.0' },
      ],
    });
    const { stdout } = await expectEnd(`${both} --csv --html page.html`, { code: 1, stdout: /./ });
    expect(stdout.split('\r\n')).toHaveLength(4);
    expect(stdout).toMatch(/\r\nglobex,releases,api,1\.0\.0,missing,\S+\r\n/);
    expect(readFileSync(file('page.html'), 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('is 1 where a target cannot be asked, with the reason and what to do', async () => {
    await expectEnd('status --rules down.yaml', {
      code: 3,
      stdout: /gone: network: could not look up .* ECONNREFUSED .*\n {2}Check/,
    });
  });

  it('says before it asks anybody that the page cannot be written', async () => {
    const stderr = /^The page cannot be written: \S+none: the directory does not exist\.\n$/;
    await expectEnd('status --html none/page.html', { code: 3, stderr });
  });
});

describe('plan', () => {
  const plan = 'plan --base old.yaml --rules both.yaml';

  it('is a difference, as text, Markdown and JSON', async () => {
    await expectEnd(plan, {
      stdout: /^\+ \S+\/api:1\.0\.0, 1\.1\.0 -> globex \(releases\)\n2 would start, to 1 target, /,
    });
    await expectEnd(`${plan} --markdown --all --exit-code`, {
      code: 1,
      stdout:
        /^### What these rules change\n\n- 2 would start[^]*\n\| starts \| globex \| `\S+` \| `\S+` \| releases \|\n/,
    });
    expect(await json(plan)).toMatchObject({
      started: [{ target: 'globex' }, {}],
      stopped: [],
      changed: [],
    });
    await expectEnd('plan --base old.yaml --rules old.yaml', {
      stdout: /^Nothing changes for what is at the source now\.\n$/,
    });
  });
});

describe('a new customer', () => {
  /** What the customer's registry lacks of a release, asked of it and of nobody else. */
  const lacking = async (tag: string): Promise<readonly string[]> => {
    const { host, repository } = stack.customers[2]!;
    const [registry = '', ...path] = `${repository}/api`.split('/');
    const at = { registry, repository: path.join('/') };
    const held = await host.digestOf(at.repository, tag);
    return held === unsigned.root.digest ? findMissing(release, at) : [`${tag} is ${held ?? ''}`];
  };
  const published = () => stack.broker!.counters().published;

  it('is brought up to date by backfill, and later by hand', async () => {
    await getsNothingWithoutYes();
    await getsAllByBackfill();
    await getsAReleaseByHand();
  });

  async function getsNothingWithoutYes(): Promise<void> {
    const before = published();
    await expectEnd('backfill --rules new.yaml', {
      stdout:
        /^ {2}\S+\/api:1\.0\.0, 1\.1\.0 -> initech \(releases\): missing\nWould publish 2 copy jobs, up to [^\n]* KiB; pass --yes to publish\n2 are current\n$/,
    });
    expect(await json('backfill --rules new.yaml')).toMatchObject({
      topic: null,
      unknownSizes: 0,
      jobs: [{ target: 'initech', rule: 'releases' }, { target: 'initech' }],
    });
    await expectEnd('republish SOURCE/api:1.0.0', {
      stdout: /^Would publish 1 copy job; pass --yes to publish:/,
    });
    expect(published()).toBe(before);
    expect(await lacking('1.0.0')).toEqual(['1.0.0 is ']);
  }

  async function getsAllByBackfill(): Promise<void> {
    writeFileSync(stack.rulesFile, readFileSync(file('new.yaml')));
    for (const each of [stack.planCopies, stack.copyArtifact, stack.reconcile]) {
      await each.restart('SIGTERM');
    }
    await expectEnd('backfill --rules new.yaml --yes', {
      stdout: new RegExp(`\nPublished 2 copy jobs, up to [^\n]*, to ${TOPIC}\n2 are current\n$`),
    });
    await stack.broker!.whenQuiet();
    expect([...(await lacking('1.0.0')), ...(await lacking('1.1.0'))]).toStrictEqual([]);
    await expectEnd('status --rules new.yaml', { stdout: /4 copies up to date\n$/ });
    await expectEnd('backfill --rules new.yaml --yes', { stdout: /^Nothing to publish: / });
  }

  async function getsAReleaseByHand(): Promise<void> {
    await expectEnd('republish SOURCE/api:1.0.0 --rules new.yaml --target initech --yes', {
      stdout: new RegExp(`^Published 1 copy job to ${TOPIC}:\n  \\S+ -> initech \\(releases\\)\n$`),
    });
    expect(await json('republish SOURCE/api:1.0.0 --rules new.yaml --yes')).toMatchObject({
      jobs: [{ target: 'acme' }, { target: 'initech' }],
    });
    await expectEnd('copy SOURCE/api:1.0.0 INITECH/by-hand --verify', {
      stdout:
        /^Copied to \S+\/by-hand:1\.0\.0\n {2}sha256:\S+\n {2}\S+ KiB written, \d+ requests, \S+ s\n {2}verified: /,
    });
    expect(await json('copy SOURCE/api:1.0.0 INITECH/by-hand')).toMatchObject({
      outcome: 'current',
      digest: unsigned.root.digest,
    });
  }
});

describe('dead letters', () => {
  it('are listed, shown, and replayed', async () => {
    await expectEnd('dead-letters list', { stdout: /^No dead letters found/ });
    const job = { source: `${stack.source}/api:1.0.0`, target: 'globex', rule: 'releases' };
    await stack.publish('copy-jobs', job);
    while (
      ((await json('dead-letters list')) as { deadLetters: unknown[] }).deadLetters.length === 0
    ) {
      await sleep(50);
    }
    await expectEnd('dead-letters list --target globex', {
      stdout:
        /^rule-not-allowed at globex: [^]*\n1 dead letter\nMessages leased by another subscriber /,
    });
    const { deadLetters } = (await json('dead-letters list')) as {
      deadLetters: { messageId: string }[];
    };
    const id = deadLetters[0]!.messageId;
    await expectEnd(`dead-letters show ${id}`, {
      stdout: new RegExp(`^dead letter ${id}: rule-not-allowed\n[^]*  target: globex\n`),
    });
    await expectEnd('dead-letters replay --all', {
      stdout: /^kept [^]*\n0 dead letters of 1 can be replayed; nothing/,
    });
    await expectEnd('dead-letters replay --all --rules both.yaml', {
      stdout: /^planned \S+ \(rule-not-allowed\)\n.*\n1 dead letter of 1 can be replayed; nothing/,
    });
    await expectEnd(`dead-letters replay ${id} --rules both.yaml --yes`, {
      stdout: new RegExp(`^replayed ${id} [^]*\n1 dead letter replayed to ${TOPIC}, 0 kept\\.\n$`),
    });
  });
});

describe('doctor', () => {
  it('finds nothing wrong, or says what is', async () => {
    await expectEnd('doctor', { stdout: /\n\d+ checks: 0 wrong, \d notes?(?:, \d+ skipped)?\n$/ });
    await expectEnd('doctor --offline', {
      stdout: /\nrules +syntax +ok [^]* 0 wrong, 2 notes(?:, \d+ skipped)?\n$/,
    });
    expect(await json('doctor --target acme')).toMatchObject({
      checks: expect.arrayContaining([
        { about: 'target acme', what: 'upload', state: 'ok', found: expect.any(String) as unknown },
      ]) as unknown,
    });
    await expectEnd('doctor --target gone --rules down.yaml', {
      code: 1,
      stdout: /\ntarget gone +reachable +wrong [^]*ECONNREFUSED[^]*\n\d+ checks: 1 wrong/,
    });
  });
});

describe('results with a closed reader', () => {
  it.each([
    ['completion zsh', 0],
    ['explain SOURCE/api:1.0.0', 0],
    ['status', 0],
    ['doctor --offline', 0],
    ['check --rules wrong.yaml', 1],
  ])('%s ends as it would have', async (line, code) => {
    const { stderr } = await run(line, { isUnread: true });
    expect(stderr).not.toMatch(/EPIPE|at /);
    expect((await run(line, { isUnread: true })).code).toBe(code);
  });
});

describe('--local', () => {
  it('means the stack that runs here, whatever the environment says', async () => {
    const cwd = file('here');
    await expectEnd('status --local', {
      code: 1,
      stderr: /^No local stack runs here: start one with "npm start"\.\n$/,
      cwd: folder,
    });
    mkdirSync(join(cwd, '.local', 'stacks'), { recursive: true });
    writeFileSync(
      join(cwd, '.local', 'stacks', 'one.json'),
      JSON.stringify({ pid: process.pid, environment: environment() }),
    );
    const nowhere = { RULES_FILE: '/nowhere', COPY_JOBS_TOPIC: undefined };
    await expectEnd('status --local', { stdout: /up to date\n$/, cwd, env: nowhere });
    expect(dirname(cwd)).toBe(folder);
  });
});
