import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSampleSigner } from '../local/images/signing';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

const good = `targets:
  acme: { repository: us-docker.pkg.dev/acme/vendor, receipts: true }
  globex: { repository: eu.gcr.io/globex/vendor, paused: true }
  idle: { repository: eu.gcr.io/idle }
rules:
  - name: releases
    source: gcr.io/vendor/releases
    images: [api]
    tags: { include: ['v*'], exclude: ['*-rc*'] }
    targets: [acme, globex]
  - name: base
    source: gcr.io/vendor/base
    images: [os]
    targets: [acme]
`;
const bad = good
  .replace('images: [api]', 'image: [api]')
  .replace('[acme, globex]', '[acme, globx]');
const chained = `targets:
  eu: { repository: europe-docker.pkg.dev/v/hub }
  asia: { repository: asia-docker.pkg.dev/v/hub }
  near: { repository: gcr.io/near }
  far: { repository: gcr.io/far }
  direct: { repository: gcr.io/direct }
rules:
  - { name: out, source: us-docker.pkg.dev/v/releases, targets: [direct, eu] }
  - { name: on, source: europe-docker.pkg.dev/v/hub, images: [api], targets: [asia, near] }
  - { name: too, source: europe-docker.pkg.dev/v/hub, images: [web], targets: [asia] }
  - { name: last, source: asia-docker.pkg.dev/v, targets: [far] }
`;

const folder = mkdtempSync(join(tmpdir(), 'relay-cli-'));
const files = {
  good: join(folder, 'good.yaml'),
  bad: join(folder, 'bad.yaml'),
  empty: join(folder, 'empty.yaml'),
  chained: join(folder, 'chained.yaml'),
  many: join(folder, 'many.yaml'),
  hostile: join(folder, 'hostile.yaml'),
};
const NO_COLOR = { NO_COLOR: '1' };
writeFileSync(files.good, good);
writeFileSync(files.bad, bad);
writeFileSync(files.empty, 'targets: {}\nrules: []\n');
afterAll(() => rmSync(folder, { recursive: true }));

async function run(args: readonly string[], env = {}, isTTY = false) {
  const { terminal, stdout, stderr } = captureTerminal(env, { isTTY });
  const code = await runCli(args, terminal);
  return { code, stdout: stdout(), stderr: stderr() };
}

describe('check', () => {
  it('prints every problem with file, line and column, and fails', async () => {
    const { code, stdout, stderr } = await run(['check', '--rules', files.bad]);
    expect(stdout.split('\n')).toEqual([
      `${files.bad}:8:5: unknown key \`image\`; did you mean \`images\`?`,
      `${files.bad}:10:21: unknown target or group "globx"; did you mean "globex"?`,
      '',
    ]);
    expect(stderr).toBe(`${files.bad}: 2 problems\n`);
    expect(code).toBe(1);
  });

  it('points at the place on a terminal, in colour unless NO_COLOR is set', async () => {
    const plain = await run(['check', '--rules', files.bad], { NO_COLOR: '1' }, true);
    expect(plain.stdout).toContain(
      `did you mean "globex"?\n        targets: [acme, globx]\n${' '.repeat(24)}^\n`,
    );
    expect(plain.stdout).not.toContain('\u001b');
    const coloured = await run(['check', '--rules', files.bad], {}, true);
    expect(coloured.stdout).toContain('\u001b[31m^');
  });

  it('sums up what flows where, and notes what may surprise', async () => {
    const { code, stdout } = await run(['check'], { RULES_FILE: files.good });
    expect(code).toBe(0);
    for (const part of [
      'gcr.io/vendor/releases/api',
      'v*, not *-rc*',
      'acme (receipts)  us-docker.pkg.dev/acme/vendor/{image}:{tag}',
      'globex (paused)  eu.gcr.io/globex/vendor/{image}:{tag}',
      'note: target "idle" is named by no rule',
      `${files.good} is valid: 2 rules, 2 targets\n`,
    ]) {
      expect(stdout).toContain(part);
    }
  });

  it('notes what npm run package would refuse, which is right elsewhere', async () => {
    const rules = join(folder, 'elsewhere.yaml');
    writeFileSync(
      rules,
      'targets: { a: { repository: gcr.io/a/b } }\nrules: [{ name: r, source: registry.example/x, targets: [a] }]\n',
    );
    const { code, stdout } = await run(['check', '--rules', rules]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'note: `npm run package` rejects these rules for Google Cloud: rule "r": registry.example/x is not in an Artifact Registry',
    );
  });

  it('says who must have signed what, and explain what a release waits for', async () => {
    writeFileSync(join(folder, 'release.pub'), createSampleSigner('release').publicKey);
    const rules = join(folder, 'signed.yaml');
    writeFileSync(
      rules,
      [
        'targets: { acme: { repository: gcr.io/acme }, globex: { repository: gcr.io/globex } }',
        'signers: { release: { key: release.pub } }',
        'rules:',
        '  - name: all',
        '    source: gcr.io/vendor',
        '    require: [{ statement: signature, by: [release] }]',
        '    targets: [acme, globex]',
      ].join('\n'),
    );
    const checked = await run(['check', '--rules', rules]);
    expect(checked.stdout).toContain(
      '\nbefore anything is released:\n  all: signature by release\n',
    );
    const explained = await run(['explain', 'gcr.io/vendor/api:v1', '--rules', rules]);
    expect(explained.stdout).toContain(
      '! waits for what its rules require:\n    all: signature by release (acme, globex)\n',
    );
    const missing = readFileSync(rules, 'utf8').replace('release.pub', 'none.pub');
    writeFileSync(rules, missing);
    const { stdout, code } = await run(['check', '--rules', rules]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/signed\.yaml:2:28: "none\.pub" does not exist/);
  });

  it('shows how releases go on from hubs', async () => {
    writeFileSync(files.chained, chained);
    const { stdout } = await run(['check', '--rules', files.chained]);
    expect(stdout).toContain(`
through hubs:
us-docker.pkg.dev/v/releases
├─ eu (rule out)
│  ├─ asia (rule on and 1 more)
│  │  └─ far (rule last)
│  └─ near (rule on)
└─ direct (rule out)
`);
    const { stdout: json } = await run(['check', '--json', '--rules', files.chained]);
    expect(JSON.parse(json)).toMatchObject({
      hubs: [
        { target: 'eu', from: ['out'], to: ['on', 'too'] },
        { target: 'asia', from: ['on', 'too'], to: ['last'] },
      ],
    });
  });

  describe('for many targets', () => {
    const many = (count: number, listed: string) => {
      const names = Array.from({ length: count }, (_, at) => `c${at}`);
      const targets = names.map(
        (name, at) => `  ${name}: { repository: gcr.io/${name}, paused: ${at === 1} }`,
      );
      writeFileSync(
        files.many,
        [
          'targets:',
          ...targets,
          `groups: { everyone: [${names.join(', ')}], few: [c0, c2] }`,
          `rules: [{ name: all, source: gcr.io/vendor/releases, targets: [${listed}] }]`,
        ].join('\n'),
      );
    };
    const rowsOf = (stdout: string) => stdout.split('\n').slice(1, -2);
    const check = (...args: string[]) => run(['check', '--rules', files.many, ...args]);

    it('has a row for each rule and group, and for what a rule names itself', async () => {
      many(90, 'everyone, few, c5, c7');
      const { stdout } = await check();
      expect(rowsOf(stdout).map((row) => row.replaceAll(/ {2,}/g, ' | '))).toEqual([
        'all | gcr.io/vendor/releases/** | all | everyone: 90 targets (1 paused) | {repository}/{image}:{tag}',
        ' | few: 2 targets | {repository}/{image}:{tag}',
        ' | c5 | gcr.io/c5/{image}:{tag}',
        ' | c7 | gcr.io/c7/{image}:{tag}',
      ]);
    });

    it('has one row for all that a rule names itself, if they are many', async () => {
      many(9, 'c0, c1, c2, c3, c4');
      const { stdout } = await check();
      expect(rowsOf(stdout)[0]).toMatch(
        /c0, c1, c2 and 2 more \(1 paused\) {2}\{repository\}\/\{image\}:\{tag\}$/,
      );
      expect(stdout.match(/^note: target "c\d" is named by no rule/gm)).toHaveLength(4);
    });

    it('shows what goes to some of them, and what is to be noted there', async () => {
      many(30, 'few, c5');
      const { stdout } = await check('--target', 'few,c8');
      expect(rowsOf(stdout)).toEqual([
        expect.stringMatching(/^all .* c0 +gcr\.io\/c0\/\{image\}:\{tag\}$/),
        expect.stringMatching(/^ +c2 +gcr\.io\/c2\/\{image\}:\{tag\}$/),
        'note: target "c8" is named by no rule: nothing goes there',
      ]);
      const all = await check();
      expect(all.stdout).toContain('\nand 7 more notes; --json has all of them\n');
      expect((await check('--target', 'c99')).code).toBe(2);
    });
  });

  it('shows what would act on the terminal as text', async () => {
    writeFileSync(
      files.hostile,
      good.replace('images:', '"k\\e[31mey": 1 # \u009b2J\n    images:'),
    );
    for (const isTTY of [false, true]) {
      const { code, stdout } = await run(['check', '--rules', files.hostile], NO_COLOR, isTTY);
      expect(code).toBe(1);
      expect(stdout).toContain('unknown key `k\\u001b[31mey`');
      expect(stdout.includes('\\u009b2J')).toBe(isTTY);

      expect(stdout).not.toMatch(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/);
    }
    const { stderr } = await run(['status', '--rules', files.hostile]);
    expect(stderr).toContain('unknown key `k\\u001b[31mey`');
    const { stderr: quoted } = await run(['explain', 'gcr.io/a/\u001b[31mb:1']);
    expect(quoted).toMatch(/^"gcr\.io\/a\/\\u001b\[31mb:1" is not an image reference/);
  });

  it('accepts rules that release nothing yet', async () => {
    const { code, stdout } = await run(['check', '--rules', files.empty]);
    expect([code, stdout]).toEqual([0, `${files.empty} is valid: 0 rules, 0 targets\n`]);
  });

  it('answers in JSON', async () => {
    const right = await run(['check', '--json', '--rules', files.good]);
    expect(JSON.parse(right.stdout)).toMatchObject({
      ok: true,
      problems: [],
      rules: [{ rule: 'releases' }, {}],
    });
    const wrong = await run(['check', '--json', '--rules', files.bad]);
    expect(wrong).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(wrong.stdout)).toEqual({
      version: 1,
      ok: false,
      file: files.bad,
      problems: [
        { line: 8, column: 5, message: 'unknown key `image`; did you mean `images`?' },
        {
          line: 10,
          column: 21,
          message: 'unknown target or group "globx"; did you mean "globex"?',
        },
      ],
    });
  });

  it('says which file it cannot read', async () => {
    const { code, stderr } = await run(['check', '--rules', join(folder, 'none.yaml')]);
    expect(code).toBe(1);
    expect(stderr).toContain(join(folder, 'none.yaml'));
  });
});

describe('explain', () => {
  it('says for each rule and target whether and why', async () => {
    const { code, stdout } = await run([
      'explain',
      'gcr.io/vendor/releases/api:v1',
      '--rules',
      files.good,
    ]);
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'gcr.io/vendor/releases/api:v1 is released to 2 targets',
      "+ releases: yes, include 'v*'",
      '    acme -> us-docker.pkg.dev/acme/vendor/api:v1: copied',
      '    globex -> eu.gcr.io/globex/vendor/api:v1: the target is paused; run `relay backfill` after resuming',
      '- base: no, source gcr.io/vendor/base does not contain gcr.io/vendor/releases/api',
      '',
    ]);
  });

  it.each([
    ['gcr.io/vendor/base/os:1', 'is released to 1 target\n'],
    [
      'gcr.io/vendor/releases/api:v1-rc1',
      "is not released to any target\n- releases: no, exclude '*-rc*'",
    ],
  ])('%s %s', async (reference, expected) => {
    const { stdout } = await run(['explain', reference], { RULES_FILE: files.good });
    expect(stdout).toContain(expected);
  });

  it('answers in JSON', async () => {
    const { stdout } = await run([
      'explain',
      'gcr.io/vendor/base/os:1',
      '--json',
      '--rules',
      files.good,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      reference: 'gcr.io/vendor/base/os:1',
      copies: [{ target: 'acme', rule: 'base', destination: 'us-docker.pkg.dev/acme/vendor/os:1' }],
      rules: [
        { rule: 'releases', matched: false, why: expect.any(String) as unknown },
        { rule: 'base', matched: true, why: 'every tag' },
      ],
    });
  });

  it('says once what is alike of many targets, and of those that are meant all of it', async () => {
    const many = Array.from({ length: 200 }, (_, at) => `c${at}`);
    const rules = join(folder, 'many-targets.yaml');
    const targets = many.map((name) => `  ${name}: { repository: gcr.io/${name}/vendor }\n`);
    writeFileSync(
      rules,
      `targets:\n${targets.join('')}groups: { all: [${many.join()}] }\nrules: [{ name: api, source: gcr.io/v, targets: [all] }]\n`,
    );
    const explainFor = async (...more: string[]) =>
      (await run(['explain', 'gcr.io/v/api:1', '--rules', rules, ...more])).stdout;
    expect(await explainFor()).toBe(
      `gcr.io/v/api:1 is released to 200 targets
+ api: yes, every tag
    c0, c1, c2 and 197 more -> {repository}/api:1: copied
`,
    );
    expect(await explainFor('--target', 'c7,c8,c9', '--target', 'c10')).toMatch(
      /^\S+ is released to 4 targets\n.*\n {4}c7 -> gcr\.io\/c7\/vendor\/api:1: copied\n(?: {4}c\d+ -> .*\n){3}$/,
    );
    expect(
      await run(['explain', 'gcr.io/v/api:1', '--rules', rules, '--target', 'c7x']),
    ).toMatchObject({
      code: 2,
      stderr: 'The rules have no target or group "c7x"; did you mean "c7"?\n',
    });
  });

  it('says what goes on over hubs, hop by hop', async () => {
    const rules = join(folder, 'chain.yaml');
    writeFileSync(
      rules,
      `targets:
  eu: { repository: gcr.io/eu/hub }
  acme: { repository: gcr.io/acme/in, paused: true }
rules:
  - { name: out, source: gcr.io/v, targets: [eu] }
  - { name: on, source: gcr.io/eu/hub, targets: [acme] }
`,
    );
    const explainFor = async (...more: string[]) =>
      (await run(['explain', 'gcr.io/v/api:1', '--rules', rules, ...more])).stdout;
    expect(await explainFor()).toBe(
      `gcr.io/v/api:1 is released to 2 targets
+ out: yes, every tag
    eu -> gcr.io/eu/hub/api:1: copied
- on: no, source gcr.io/eu/hub does not contain gcr.io/v/api
> from eu (gcr.io/eu/hub/api:1) by on
    acme -> gcr.io/acme/in/api:1: the target is paused
`,
    );
    expect(await explainFor('--target', 'acme')).toMatch(
      /^\S+ is released to 1 target\n- on: no.*\n> from eu /,
    );
  });

  it('fails with the problems of the rules', async () => {
    const { code, stdout, stderr } = await run(['explain', 'gcr.io/a/b:1', '--rules', files.bad]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`${files.bad}:8:5: unknown key`);
  });
});

describe('a wrong call', () => {
  it.each([
    [['explain'], "missing required argument 'reference'"],
    [['explain', 'api:1', '--rules', files.good], 'is ambiguous'],
    [['check', '--colour'], "unknown option '--colour'"],
    [['chek'], "unknown command 'chek'"],
    [['check', 'this'], 'too many arguments'],
    [[], 'Usage: relay'],
  ])('%j ends with 2 and says why', async (args, why) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(why);
  });

  it.each([[['--help']], [['check', '--help']], [['help', 'explain']]])(
    '%j is none: help ends with 0 and shows an example or the commands',
    async (args) => {
      const { code, stdout } = await run(args);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Examples?:|Inspect:/);
    },
  );
});

describe('a rules file that cannot be read', () => {
  it('is a problem like others for check --json', async () => {
    const { code, stdout } = await run(['check', '--json', '--rules', join(folder, 'none.yaml')]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      problems: [
        {
          line: 1,
          column: 1,
          message: expect.stringContaining('none.yaml does not exist') as string,
        },
      ],
    });
  });

  it('is rules.yaml here when RULES_FILE is empty', async () => {
    const { stderr } = await run(['explain', 'gcr.io/a/b:1'], { RULES_FILE: '' });
    expect(stderr).not.toContain('does not exist');
  });
});
