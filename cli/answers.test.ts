import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureTerminal } from '../test/support/terminal';
import { ANSWERS, answersJsonSchema } from './answers';
import { runCli } from './program';

const folder = mkdtempSync(join(tmpdir(), 'relay-answers-'));
const rules = join(folder, 'rules.yaml');
writeFileSync(
  rules,
  `targets:
  acme: { repository: 127.0.0.1:1/acme }
  globex: { repository: 127.0.0.1:2/globex, paused: true, receipts: true }
groups: { all: [acme, globex] }
rules:
  - { name: api, source: 127.0.0.1:3/vendor, images: [api], tags: { include: [latest, 'v*'] }, immutable: true, targets: [all] }
  - { name: hub, source: 127.0.0.1:1/acme, images: [api], targets: [globex], as: 'hub/{image}:{tag}' }
`,
);
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]): Promise<string> {
  const { terminal, stdout } = captureTerminal({ RULES_FILE: rules, DOCKER_CONFIG: folder });
  await runCli(args, terminal);
  return stdout();
}

it('is described in docs/answers.schema.json (else: npm run schema)', () => {
  const written: unknown = JSON.parse(
    readFileSync(join(__dirname, '..', 'docs', 'answers.schema.json'), 'utf8'),
  );
  expect(written).toEqual(JSON.parse(JSON.stringify(answersJsonSchema())));
});

it('is described for every command that has --json', async () => {
  const commandsIn = (help: string): string[] =>
    [...help.matchAll(/\n(?:Commands|Inspect|Act|Proofs|Setup):\n([^]*?)(?=\n\n|$)/g)]
      .flatMap(([, group = '']) => [...group.matchAll(/^ {2}([a-z-]+)/gm)])
      .map(([, name]) => name ?? '')
      .filter((name) => name !== 'help');
  const top = commandsIn(await run('--help'));
  const letters = commandsIn(await run('dead-letters', '--help'));
  const all = [...top, ...letters.map((name) => `dead-letters ${name}`)];
  const answering: string[] = [];
  for (const name of all) {
    if ((await run(...name.split(' '), '--help')).includes('--json')) answering.push(name);
  }
  expect(answering).toEqual(expect.arrayContaining(['check', 'dead-letters replay']));
  expect(Object.keys(ANSWERS)).toEqual(expect.arrayContaining(answering));
});

it.each([
  ['check', ['check']],
  ['check', ['check', '--target', 'acme']],
  ['check', ['check', '--rules', folder]],
  ['explain', ['explain', '127.0.0.1:3/vendor/api:v1']],
  ['republish', ['republish', '127.0.0.1:3/vendor/api:v1']],
  ['doctor', ['doctor', '--offline']],
] as const)('is as described, and nothing else: %s %j', async (name, args) => {
  const answer: unknown = JSON.parse(await run(...args, '--json'));
  expect(ANSWERS[name].parse(answer)).toEqual(answer);
});
