import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

async function script(shell: string): Promise<string> {
  const { terminal, stdout } = captureTerminal();
  expect(await runCli(['completion', shell], terminal)).toBe(0);
  return stdout();
}

describe('__complete', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-completion-'));
  const rules = join(folder, 'rules.yaml');
  writeFileSync(
    rules,
    `targets: { acme: { repository: gcr.io/acme/v }, acorn: {}, globex: {} }
groups: { all: [acme, globex] }
rules: [{ name: api, source: gcr.io/v }, { name: base, image: wrong }, oops]
`,
  );
  const other = join(folder, 'other.yaml');
  writeFileSync(other, 'targets: { umbrella: {} }');
  afterAll(() => rmSync(folder, { recursive: true }));

  async function complete(...words: string[]): Promise<string[]> {
    const { terminal, stdout, stderr } = captureTerminal({ RULES_FILE: rules });
    expect(await runCli(['__complete', '--', ...words], terminal)).toBe(0);
    expect(stderr()).toBe('');
    return stdout().split('\n').slice(0, -1);
  }
  const names = async (...words: string[]) =>
    (await complete(...words)).map((line) => line.split('\t')[0]);

  it.each([
    ['the start of a command', ['ba'], ['backfill']],
    ['the commands of a group', ['dead-letters', ''], ['list', 'show', 'replay']],
    ['what no command knows', ['dead-letters', 'replay', '--nothing-such'], []],
    ['options of a command', ['status', '--js'], ['--json']],
    ['an option of all commands', ['status', '--drift', '--lo'], ['--local']],
    ['the choices of an argument', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['nothing after an option with a value that can be anything', ['status', '--rules', ''], []],
    ['targets, also by rules that are wrong', ['status', '--target', 'ac'], ['acme', 'acorn']],
    ['targets and groups', ['doctor', '--target', 'a'], ['acme', 'acorn', 'all']],
    ['the next of several', ['status', '--target', 'acme,a'], ['acme,acorn', 'acme,all']],
    ['a value after a sign', ['status', '--target=ac'], ['--target=acme', '--target=acorn']],
    ['a value after a sign, as bash has it', ['status', '--target', '=', 'ac'], ['acme', 'acorn']],
    ['targets after the short option', ['status', '-t', 'ac'], ['acme', 'acorn']],
    ['rules of a short option', ['status', '-f', other, '-t', ''], ['umbrella']],
    ['the formats of a command', ['status', '-o', 'j'], ['json']],
    ['rules', ['backfill', '--yes', '--rule', ''], ['api', 'base']],
    [
      'reasons',
      ['dead-letters', 'list', '--reason', 'target-'],
      ['target-denied', 'target-refused'],
    ],
    [
      'by the rules that the line names',
      ['status', '--rules', other, '--target', ''],
      ['umbrella'],
    ],
    ['by rules after a sign', ['status', `--rules=${other}`, '--target', ''], ['umbrella']],
    [
      'by rules after a sign, as bash has it',
      ['status', '--rules', '=', other, '--target', ''],
      ['umbrella'],
    ],
    [
      'by rules whose name is quoted',
      ['status', '--rules', `"${other}"`, '--target', ''],
      ['umbrella'],
    ],
    ['no names by rules that are not there', ['status', '--rules=/none.yaml', '--target', ''], []],
  ])('knows %s', async (_name, words, said) => {
    expect(await names(...words)).toEqual(said);
  });

  it('says what each is', async () => {
    expect(await complete('status', '--target', 'acm')).toEqual(['acme\tgcr.io/acme/v']);
    expect(await complete('status', '--target', 'al')).toEqual(['all\tgroup: acme, globex']);
  });

  it('is not seen in the help', async () => {
    const { terminal, stdout } = captureTerminal();
    await runCli(['--help'], terminal);
    expect(stdout()).not.toContain('__complete');
  });
});

it('hands bash what the program answers to the words up to the cursor', async () => {
  const bash = await script('bash');
  const program = `relay() { printf '%s|' "$@" >&3; printf 'acme\\tcustomer\\nacorn\\t\\n'; }`;
  const run = `COMP_WORDS=(relay status --target '' --json); COMP_CWORD=3; _relay 3>&1; printf '<%s>' "\${COMPREPLY[@]}"`;
  const output = execFileSync('bash', ['-c', `${program}\n${bash}\n${run}`], { encoding: 'utf8' });
  expect(output).toBe('__complete|--|status|--target||<acme><acorn>');
});

it('asks the program in zsh and fish, too', async () => {
  expect(await script('zsh')).toMatch(/^#compdef relay\n[^]* __complete -- /);
  expect(await script('fish')).toMatch(/ __complete -- [^]* -a '\(_relay\)'/);
});

it('knows three shells', async () => {
  const { terminal, stderr } = captureTerminal();
  expect(await runCli(['completion', 'tcsh'], terminal)).toBe(2);
  expect(stderr()).toContain('Allowed choices are bash, zsh, fish');
});

it('shows an example with the help of every command', async () => {
  const { terminal, stdout } = captureTerminal();
  await runCli(['--help'], terminal);
  const names = [...stdout().matchAll(/^ {2}([a-z][a-z-]+) /gm)].map(([, name]) => name ?? '');
  const commands = names.filter((name) => !['help', 'relay'].includes(name));
  const all = [...commands, 'dead-letters list', 'dead-letters show', 'dead-letters replay'];
  expect(all.length).toBeGreaterThan(10);
  for (const command of all) {
    const help = captureTerminal();
    expect(await runCli([...command.split(' '), '--help'], help.terminal)).toBe(0);
    expect(help.stdout()).toMatch(new RegExp(`Examples?:\n {2}relay ${command}`));
  }
});
