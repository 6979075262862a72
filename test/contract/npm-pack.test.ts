import { execFileSync } from 'node:child_process';
import {
  accessSync,
  constants,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const clone = mkdtempSync(join(tmpdir(), 'relay-pack-'));
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: clone, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

beforeAll(() => {
  const copied = ['cli', 'shared', 'scripts', 'package.json', 'package-lock.json', 'LICENSE'];
  for (const name of [...copied, 'README.md', 'rules.yaml', 'infra/subscriptions.json']) {
    cpSync(join(root, name), join(clone, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  // What somebody has built before is not packed.
  mkdirSync(join(clone, 'dist', 'functions'), { recursive: true });
  writeFileSync(join(clone, 'dist', 'functions', 'index.js'), '');
  run('node', 'scripts/prepack.mjs');
});
afterAll(() => rmSync(clone, { recursive: true }));

it('packs the built command line and nothing else', () => {
  const [packed] = JSON.parse(run('npm', 'pack', '--dry-run', '--json', '--ignore-scripts')) as {
    files: { path: string }[];
  }[];
  expect(packed?.files.map(({ path }) => path).sort()).toEqual([
    'LICENSE',
    'README.md',
    'dist/cli/index.js',
    'package.json',
  ]);
  expect(run('node', 'dist/cli/index.js', '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('builds an executable command, which npx runs after every build', () => {
  expect(() => {
    accessSync(join(clone, 'dist', 'cli', 'index.js'), constants.X_OK);
  }).not.toThrow();
});

it('takes relative paths from where a person stands, whose npm runs it elsewhere', () => {
  const folder = join(clone, 'elsewhere');
  mkdirSync(folder);
  writeFileSync(join(folder, 'mine.yaml'), 'targets: {}\nrules: []\n');
  const env = { ...process.env, INIT_CWD: folder, npm_lifecycle_event: 'relay' };
  const words = ['dist/cli/index.js', 'check', '--rules', 'mine.yaml'];
  const said = execFileSync('node', words, { cwd: clone, env, encoding: 'utf8' });
  expect(said).toBe('mine.yaml is valid: 0 rules, 0 targets\n');
});
