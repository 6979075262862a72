import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline, pushTemplate } from '../local/servers/templates/push';
import { createTemplateServer, type TemplateServer } from '../local/servers/templates/server';
import { captureTerminal } from '../test/support/terminal';
import { ANSWERS } from './answers';
import { runCli } from './program';

const folder = mkdtempSync(join(tmpdir(), 'relay-named-'));
const rulesFile = join(folder, 'rules.yaml');
const DIGEST = `sha256:${'0'.repeat(64)}`;
const TARGETS = Array.from({ length: 5 }, (_, at) => `c${at}`);

let server: TemplateServer;
let vendor: string;
let source: string;
beforeAll(async () => {
  server = await createTemplateServer();
  vendor = `${server.address.replace('127.0.0.1', 'local-kfp.localhost')}/vendor`;
  source = `${vendor}/p`;
  const targets = TARGETS.map(
    (name) => `
  ${name}: { repository: gcr.io/${name}, templates: us-kfp.pkg.dev/${name}/p }`,
  );
  const write = (options: string, from = source) =>
    `targets:${targets.join('')}
rules:
  - { name: images, source: gcr.io/vendor, images: [trainer], targets: [${TARGETS.join()}] }
  - { name: slim, source: gcr.io/slim, platforms: [linux/amd64], as: 'slim/{image}:{tag}', targets: [c0] }
  - { name: pipelines, source: '${from}', targets: [${TARGETS.join()}] ${options} }
`;
  writeFileSync(rulesFile, write(', rewriteImages: true'));
  writeFileSync(join(folder, 'plain.yaml'), write(''));
  writeFileSync(join(folder, 'odd.yaml'), write('', `${vendor}/odd`));
  for (const [tag, image] of [
    ['ours', 'gcr.io/vendor/trainer:1'],
    ['theirs', 'python:3.12'],
    ['pinned', `gcr.io/slim/x@${DIGEST}`],
  ] as const) {
    const to = { origin: server.origin, repository: 'vendor/p' };
    await pushTemplate(to, pipeline('train', tag, `'${image}'`), [tag]);
  }
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function explain(tag: string, ...more: string[]) {
  const { terminal, stdout } = captureTerminal({ RULES_FILE: rulesFile, DOCKER_CONFIG: folder });
  const code = await runCli(['explain', `${source}/train:${tag}`, ...more], terminal);
  return { code, text: stdout() };
}

const HEAD = 'what it names, as the source has it now:\n    ';

it.each([
  ['ours', 'gcr.io/vendor/trainer:1 at c0, c1, c2 and 2 more: named as it is called there\n'],
  ['theirs', 'python:3.12 at c0, c1, c2 and 2 more: no rule releases it there, left as it is\n'],
  [
    'pinned',
    `gcr.io/slim/x@${DIGEST} at c0: named as gcr.io/c0/slim/x@${DIGEST}, and never there: of an index the target is given some platforms only, with another digest\n    gcr.io/slim/x@${DIGEST} at c1, c2, c3, c4: no rule releases it there, left as it is\n`,
  ],
])('reports what a template names: %s', async (tag, expected) => {
  const { code, text } = await explain(tag);
  expect(code).toBe(0);
  expect(text.slice(text.indexOf('what'))).toBe(HEAD + expected);
});

it('is reported for each selected target, with what another rule would name', async () => {
  const { text } = await explain('ours', '--target', 'c3,c4');
  expect(text).toContain(
    `${HEAD}gcr.io/vendor/trainer:1 at c3: named as gcr.io/c3/trainer:1\n    gcr.io/vendor/trainer:1 at c4: named as gcr.io/c4/trainer:1\n`,
  );
  const plain = await explain('ours', '--rules', join(folder, 'plain.yaml'), '--target', 'c3');
  expect(plain.text).toContain(
    'trainer:1 at c3: left as it is; with `rewriteImages: true` it is named as gcr.io/c3/trainer:1\n',
  );
});

it('is skipped with --offline, and reported if it cannot be read', async () => {
  const offline = await explain('ours', '--offline');
  expect(offline.text).toMatch(/^\S+ is released to 5 targets\n/);
  expect(offline.text).not.toContain('what it names');
  const gone = await explain('gone');
  expect(gone.code).toBe(0);
  expect(gone.text).toMatch(/\n! what it names is not known \(--offline does not ask\): \S*gone/);
});

describe('beyond a hub', () => {
  const hubs = join(folder, 'hubs.yaml');
  beforeAll(() => {
    writeFileSync(
      hubs,
      `targets:
  hub: { repository: gcr.io/hub, templates: eu-kfp.pkg.dev/hub/p }
  far: { repository: gcr.io/far, templates: us-kfp.pkg.dev/far/p }
rules:
  - { name: out, source: gcr.io/vendor, targets: [hub] }
  - { name: on, source: gcr.io/hub, targets: [far] }
  - { name: p-out, source: '${source}', targets: [hub], rewriteImages: true }
  - { name: p-on, source: eu-kfp.pkg.dev/hub/p, targets: [far], rewriteImages: true }
`,
    );
  });

  it('a template names what the hub has, and then what is beyond', async () => {
    const { text } = await explain('ours', '--rules', hubs);
    expect(text).toContain(
      `${HEAD}gcr.io/vendor/trainer:1 at hub: named as gcr.io/hub/trainer:1\n    gcr.io/hub/trainer:1 at far: named as gcr.io/far/trainer:1\n`,
    );
    const far = await explain('ours', '--rules', hubs, '--target', 'far');
    expect(far.text).toContain(`${HEAD}gcr.io/hub/trainer:1 at far: named as gcr.io/far/trainer:1`);
  });
});

it('is in the answer to --json, as that is described', async () => {
  const answer: unknown = JSON.parse((await explain('pinned', '--target', 'c0', '--json')).text);
  expect(ANSWERS.explain.parse(answer)).toEqual(answer);
  expect(answer).toMatchObject({
    names: [{ target: 'c0', renamed: true, there: `gcr.io/c0/slim/x@${DIGEST}` }],
  });
  const gone: unknown = JSON.parse((await explain('gone', '--json')).text);
  expect(ANSWERS.explain.parse(gone)).toEqual(gone);
  expect(gone).toMatchObject({ unread: expect.stringContaining('gone') as unknown });
});

describe('check --sources', () => {
  const check = async (...args: string[]) => {
    const { terminal, stdout } = captureTerminal({ RULES_FILE: rulesFile, DOCKER_CONFIG: folder });
    const code = await runCli(['check', '--sources', ...args], terminal);
    return {
      code,
      notes: stdout()
        .split('\n')
        .filter((line) => line.startsWith(`note: ${vendor}/`)),
    };
  };

  it('names what no rule releases to the targets of a template, and what never comes', async () => {
    const { code, notes } = await check();
    expect(code).toBe(0);
    expect(notes.sort()).toEqual([
      `note: ${source}/train:pinned names gcr.io/slim/x@${DIGEST}, which never comes there: of an index the target is given some platforms only, with another digest (c0)`,
      `note: ${source}/train:pinned names gcr.io/slim/x@${DIGEST}, which no rule releases there (c1, c2, c3, c4)`,
      `note: ${source}/train:theirs names python:3.12, which no rule releases there (c0, c1, c2 and 2 more)`,
    ]);
    expect((await check('--target', 'c3')).notes).toHaveLength(2);
  });

  it('names without the key what targets cannot have of what is ours', async () => {
    const { notes } = await check('--rules', join(folder, 'plain.yaml'));
    expect(notes.sort()).toEqual([
      `note: ${source}/train:ours names gcr.io/vendor/trainer:1, which \`rewriteImages: true\` would name as it is called there (c0, c1, c2 and 2 more)`,
      expect.stringContaining('would name as it is called there (c0)'),
      expect.stringContaining('which no rule releases there (c1, c2, c3, c4)'),
    ]);
  });

  it('says on one line of a template that it cannot be read, and what is to be done', async () => {
    const to = { origin: server.origin, repository: 'vendor/odd' };
    await pushTemplate(to, pipeline('train', 'broken', '&a ['), ['broken']);
    const { notes } = await check('--rules', join(folder, 'odd.yaml'), '--target', 'c3');
    const [note] = notes;
    expect(note).toMatch(
      /cannot be read: .*neither YAML nor JSON: .*\. This cannot be copied under this rule/,
    );
    expect(note).not.toContain('\\u000a');
  });

  it("shows the rules' answer and fails if a source cannot be listed", async () => {
    server.faults.add({ on: 'listPackages', answer: { status: 403 } });
    const { terminal, stdout, stderr } = captureTerminal({ RULES_FILE: rulesFile });
    expect(await runCli(['check', '--sources'], terminal)).toBe(1);
    expect(stdout()).toMatch(/ is valid: 3 rules, 5 targets\n$/);
    expect(stderr()).toMatch(
      /^The source of rule "pipelines", .* cannot be listed: source-denied: could not list /,
    );
  });
});
