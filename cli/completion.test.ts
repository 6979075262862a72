import { execFileSync } from 'node:child_process';
import { captureTerminal } from '../test/support/terminal';
import { runCli } from './program';

async function script(shell: string): Promise<string> {
  const { terminal, stdout } = captureTerminal();
  expect(await runCli(['completion', shell], terminal)).toBe(0);
  return stdout();
}

describe('in bash', () => {
  let bash: string;
  beforeAll(async () => {
    bash = await script('bash');
  });

  it.each([
    ['the start of a command', ['ba'], ['backfill']],
    ['the commands of a group', ['dead-letters', ''], ['list', 'show', 'replay']],
    ['what no command knows', ['dead-letters', 'replay', '--nothing-such'], []],
    ['options of a command', ['status', '--j'], ['--json']],
    ['an option of all commands', ['status', '--drift', '--lo'], ['--local']],
    ['the choices of an argument', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['file names after an option with a value', ['status', '--rules', ''], []],
  ])('completes %s', (_name, words, said) => {
    const typed = ['registry-relay', ...words].map((word) => `'${word}'`).join(' ');
    const run = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _registry_relay; echo "\${COMPREPLY[@]}"`;
    const output = execFileSync('bash', ['-c', `${bash}\n${run}`], { encoding: 'utf8' });
    const offered = output.trim().split(' ').filter(Boolean);
    if (said.length === 0) expect(offered).toEqual([]);
    else expect(offered).toEqual(expect.arrayContaining(said));
  });
});

it('names commands and what they do, in zsh and fish', async () => {
  const zsh = await script('zsh');
  expect(zsh).toMatch(/^#compdef registry-relay relay\n/);
  expect(zsh).toContain("'doctor:check topics, subscriptions");
  const fish = await script('fish');
  expect(fish).toContain('\'_registry_relay_at "dead-letters"\' -f -a list -d ');
  expect(fish).toContain('\'_registry_relay_at "status"\' -l target -r -d ');
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
  const commands = names.filter((name) => !['help', 'registry-relay'].includes(name));
  const all = [...commands, 'dead-letters list', 'dead-letters show', 'dead-letters replay'];
  expect(all.length).toBeGreaterThan(10);
  for (const command of all) {
    const help = captureTerminal();
    expect(await runCli([...command.split(' '), '--help'], help.terminal)).toBe(0);
    expect(help.stdout()).toMatch(new RegExp(`Examples?:\n {2}registry-relay ${command}`));
  }
});
