import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMAND } from '../support/command';
import { startOnATerminal } from './on-a-terminal';
import { describeWith, requireTool, type Tool } from './tools';

const folder = mkdtempSync(join(tmpdir(), 'relay-shells-'));
const inFolder = (name: string) => join(folder, name);
const env = {
  PATH: `${inFolder('bin')}:${process.env['PATH'] ?? ''}`,
  HOME: folder,
  XDG_CONFIG_HOME: folder,
  XDG_DATA_HOME: folder,
};

beforeAll(() => {
  for (const name of ['bin', 'my rules', 'functions']) mkdirSync(inFolder(name));
  // Answers to the shell, and shows what it is called with where a person presses Enter.
  writeFileSync(
    inFolder('bin/relay'),
    `#!/bin/sh
case $1 in __complete) exec '${process.execPath}' '${COMMAND}' "$@";; esac
printf '<%s>' "$@"
`,
  );
  chmodSync(inFolder('bin/relay'), 0o755);
  const rules = 'targets: { acme: { repository: "gcr.io/a:b" }, acorn: {}, globex: {} }';
  for (const name of ['mine.yaml', 'my rules/r.yaml']) writeFileSync(inFolder(name), rules);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = execFileSync(process.execPath, [COMMAND, 'completion', shell]);
    writeFileSync(inFolder(`script.${shell}`), script);
    if (shell === 'zsh') writeFileSync(inFolder('functions/_relay'), script);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Until Tab, and what the program is called with when Enter follows. */
const LINES: readonly [string, string][] = [
  ['dead-letters rep', '<dead-letters><replay>'],
  ['status --rules mine.yaml --target acm', '<status><--rules><mine.yaml><--target><acme>'],
  ['status --rules=mine.yaml --target=acm', '<status><--rules=mine.yaml><--target=acme>'],
  ['check --rules mine.yaml --target globex,aco', '<--target><globex,acorn>'],
  ["check --rules 'my rules/r.yaml' --target gl", '<--rules><my rules/r.yaml><--target><globex>'],
  ['check --rules ~/mine.yaml --target gl', `<--rules><${folder}/mine.yaml><--target><globex>`],
  ['check --rules min', '<check><--rules><mine.yaml>'],
  ['check --rules=min', '<check><--rules=mine.yaml>'],
];

describe.each<[Tool, readonly string[], string, string]>([
  ['bash', ['--norc', '-i'], 'source ./script.bash', 'acme   acorn'],
  [
    'zsh',
    ['-f', '-i'],
    'autoload -Uz compinit; compinit -uD; source ./script.zsh',
    'acme   -- gcr.io/a:b',
  ],
  ['zsh', ['-f', '-i'], 'fpath=(./functions $fpath); autoload -Uz compinit; compinit -uD', 'acorn'],
])('completion in %s', (shell, args, setUp, listed) => {
  describeWith(['python3', shell], setUp, () => {
    /** A shell that has set itself up. */
    async function start() {
      const terminal = startOnATerminal(requireTool(shell), args, { cwd: folder, env });
      terminal.type(`${setUp}; echo rea''dy\n`);
      await terminal.shows('ready');
      return terminal;
    }

    it.each(LINES)('completes %s', async (typed, called) => {
      const { type, shows, ended } = await start();
      type(`relay ${typed}\t\n`);
      await shows(called);
      type('exit 3\n');
      expect(await ended()).toBe(3);
    });

    it('lists what there is', async () => {
      const { type, shows, ended } = await start();
      type('relay check --rules mine.yaml --target ac\t\t');
      await shows(listed);
      // Drops the line that is there.
      type('\u0015exit 3\n');
      expect(await ended()).toBe(3);
    });
  });
});

describeWith(['fish'], 'completion in fish', () => {
  const complete = (line: string) =>
    execFileSync(
      requireTool('fish'),
      ['--no-config', '-c', 'source script.fish; complete -C $argv[1]', `relay ${line}`],
      { cwd: folder, env, encoding: 'utf8' },
    );

  it.each(LINES)('completes %s', (typed, called) => {
    const [last = ''] = /[^<]*(?=>$)/.exec(called) ?? [];
    const word = last.replace(`${folder}/`, '~/');
    expect(complete(typed).split(/[\t\n]/)[0]).toBe(word);
  });

  it('says what each is', () => {
    expect(complete('check --rules mine.yaml --target ac')).toBe('acme\tgcr.io/a:b\nacorn\n');
  });
});
