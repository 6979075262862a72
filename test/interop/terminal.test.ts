import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { COMMAND } from '../support/command';
import { startOnATerminal } from './on-a-terminal';
import { describeWith } from './tools';

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

  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    startOnATerminal(process.execPath, [COMMAND, ...args], {
      cwd: folder,
      env: { DOCKER_CONFIG: folder, ...env },
    });

  it('shows a bar, then results in colour', async () => {
    const { ended, screen } = start(['status']);
    expect(await ended()).toBe(1);
    expect(screen()).toMatch(/ 0 of 40 releases[^]* 40 of 40 releases/);
    expect(screen()).toContain('\u001b[31m40 missing\u001b[39m');
  });

  it('has no colour with NO_COLOR', async () => {
    const { ended, screen } = start(['status', '--no-reasons'], { NO_COLOR: '1' });
    expect(await ended()).toBe(1);
    expect(screen()).toMatch(/\r\n40 of 40 copies differ: 40 missing\r\n$/);

    expect(screen()).not.toMatch(/\u001b\[\d+m/);
  });

  it('ends at once with Ctrl-C, and leaves the terminal as it was', async () => {
    const { ended, screen, shows, type } = start(['status', '--rate', '1']);
    await shows(' of 40 releases');
    type(CTRL_C);
    expect(await ended()).toBe(SIGINT);
    expect(screen()).not.toContain('40 missing');
    // Neither line wrapping off nor the cursor hidden: nobody would turn them on again.
    expect(screen()).not.toMatch(/\u001b\[\?(?:7|25)l/);
  });
});
