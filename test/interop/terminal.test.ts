import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { COMMAND } from '../support/command';
import { describeWith, requireTool } from './tools';

/** Runs a command on a terminal of its own, whose keyboard and screen are this process's standard streams. */
const ON_A_TERMINAL =
  'import os, pty, sys; code = os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])); sys.exit(128 - code if code < 0 else code)';
const CTRL_C = '\u0003';
const SIGINT = 128 + 2;

describeWith(['python3'], 'the command line on a terminal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-terminal-'));
  const content = image({ config: { seed: 'terminal' } });
  let vendor: Registry;
  let acme: Registry;
  beforeAll(async () => {
    [vendor, acme] = [await createRegistry(), await createRegistry()];
    const at = { registry: vendor.address, repository: 'vendor/api' };
    for (let tag = 0; tag < 40; tag++) await push(content, { ...at, tag: `1.${tag}.0` });
    writeFileSync(
      join(folder, 'rules.yaml'),
      `targets: { acme: { repository: '${acme.address}/acme' } }
rules: [{ name: r, source: '${vendor.address}/vendor', images: [api], targets: [acme] }]
`,
    );
  });
  afterAll(async () => {
    await Promise.all([vendor.close(), acme.close()]);
    rmSync(folder, { recursive: true });
  });

  function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const words = ['-c', ON_A_TERMINAL, process.execPath, COMMAND, ...args];
    const child = spawn(requireTool('python3'), words, {
      cwd: folder,
      env: { PATH: process.env['PATH'], TERM: 'xterm', DOCKER_CONFIG: folder, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let screen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
    return {
      child,
      screen: () => screen,
      ended: async () => {
        const [code] = (await once(child, 'close')) as [number | null];
        return code;
      },
    };
  }

  it('shows a bar, then results in colour', async () => {
    const { ended, screen } = start(['status']);
    expect(await ended()).toBe(1);
    expect(screen()).toMatch(/ 0 of 40 releases[^]* 40 of 40 releases/);
    expect(screen()).toContain('\u001b[31m40 missing\u001b[39m');
  });

  it('has no colour with NO_COLOR', async () => {
    const { ended, screen } = start(['status'], { NO_COLOR: '1' });
    expect(await ended()).toBe(1);
    expect(screen()).toMatch(/\r\n40 of 40 copies differ: 40 missing\r\n$/);

    expect(screen()).not.toMatch(/\u001b\[\d+m/);
  });

  it('ends at once with Ctrl-C, and leaves the terminal as it was', async () => {
    const { child, ended, screen } = start(['status', '--rate', '1']);
    while (!screen().includes(' of 40 releases')) await once(child.stdout, 'data');
    child.stdin.write(CTRL_C);
    expect(await ended()).toBe(SIGINT);
    expect(screen()).not.toContain('40 missing');
    // Neither line wrapping off nor the cursor hidden: nobody would turn them on again.
    expect(screen()).not.toMatch(/\u001b\[\?(?:7|25)l/);
  });
});
