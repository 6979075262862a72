import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { once } from 'node:events';
import { join } from 'node:path';
import { runCli } from '../../cli/program';
import { readOwnRules } from '../../local/own-rules/read';
import { runStart } from '../../local/run-start';
import { runLocalStack, type LocalStackOptions } from '../../local/local-stack';
import { captureTerminal } from '../support/terminal';

// Real processes and a real release, on a machine that may be busy.
jest.setTimeout(60_000);

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'relay-word-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const never = new Promise<never>(() => undefined);

/** Runs `npm start` in this process; ports are free ones. */
async function run(options: Partial<LocalStackOptions>): Promise<{ code: number; text: string }> {
  let text = '';
  const output = { write: (part: string) => (text += part) };
  const code = await runLocalStack({
    once: true,
    port: 0,
    // Not in the working directory: a stack of the developer's own may be up.
    folder,
    timeoutSeconds: 30,
    output,
    interrupted: never,
    ...options,
  });
  return { code, text };
}

/** What `relay status` finds of the stack that an environment leads to: rule, target and state. */
async function status(environment: Record<string, string>): Promise<string[]> {
  const { terminal, stdout } = captureTerminal({ ...environment, DOCKER_CONFIG: folder });
  await runCli(['status', '--json'], terminal);
  const { targets } = JSON.parse(stdout()) as { targets: Record<string, string>[] };
  return targets.map(({ rule, target, state }) => `${rule} ${target} ${state}`).sort();
}

/** The targets that the lines about a release name, in order. */
function copiedTo(text: string, release: string, bytes: string): string[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`copied        ${release} -> `));
  return lines
    .flatMap((line) => {
      expect(line).toContain(`  ${bytes}, `);
      return line
        .replace(/^.* -> /, '')
        .replace(/ {2}.*$/, '')
        .split(', ');
    })
    .sort();
}

/** This process's own: others may start stacks, too. */
const temporaryFolders = () =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`registry-relay-${process.pid}-`));

describe('npm start', () => {
  it('shows the sample release reach every customer, and why the rest does not', async () => {
    const before = temporaryFolders();
    const { code, text } = await run({});

    expect(code).toBe(0);
    const [acme, globex, initech] = ['acme', 'globex', 'initech'];
    expect(copiedTo(text, 'api:1.4.2', '4.2 MB')).toEqual([acme, globex, initech]);
    expect(copiedTo(text, 'train:1.4.2', '427 B')).toEqual([acme, initech]);
    expect(copiedTo(text, '1.4.2/model.bin', '3.0 MB')).toEqual([acme, globex]);
    expect(text).toContain('not released  api:1.5.0-rc1  rule "releases": exclude \'*-rc*\'');
    expect(text).toContain('not released  internal/debug-tools:latest');
    expect(text).toMatch(/RELEASE +TAG +TARGETS +OUTCOME +BYTES +DURATION/);
    expect(text).toContain('Every target holds the release (digests compared)');
    expect(text.match(/^\w+ +payments:2\.0\.0 for .*$/gm)).toEqual([
      'waiting       payments:2.0.0 for a signature by release',
    ]);
    expect(text).not.toContain('refused');
    expect(copiedTo(text, 'payments:2.0.0', '1.1 MB')).toEqual([acme, globex, initech]);
    expect(text).toMatch(/payments:2\.0\.0 was held until it was signed, and was everywhere \d/);
    expect(temporaryFolders().filter((name) => !before.includes(name))).toStrictEqual([]);
  });

  it('stays up with instructions until it is interrupted', async () => {
    let interrupt = (): void => undefined;
    const interrupted = new Promise<void>((resolve) => (interrupt = resolve));
    const output: string[] = [];
    const write = (text: string) => {
      output.push(text);
      if (!text.includes('Ctrl-C ends everything')) return;
      left = readdirSync(words).length;
      interrupt();
    };
    const words = join(folder, '.local/stacks');
    let left = 0;
    const { code } = await run({ once: false, interrupted, output: { isTTY: true, write } });
    expect(code).toBe(0);
    expect([left, readdirSync(words)]).toEqual([1, []]);
    expect(output.join('')).toMatch(
      /curl -sS http:\/\/127\.0\.0\.1:\d+\/projects\/local\/topics\/copy-jobs/,
    );
    expect(output.join('')).toContain('npx relay dead-letters list --local');
    expect(output.join('')).toMatch(
      /\nSee releases arrive: http:\/\/\S+\n\nCtrl-C ends everything\.\n/,
    );
    expect(output.join('')).toMatch(
      / {2}cosign verify-attestation --key \S+relay\.pub .*\n.* \S+\/acme\/vendor\/api:1\.4\.2\n/,
    );
  });

  it('says of which rules of one’s own it found no sample', async () => {
    const file = join(folder, 'unsampled.yaml');
    writeFileSync(
      file,
      `targets: { acme: { repository: eu.gcr.io/acme } }
rules:
  - { name: odd, source: gcr.io/vendor, tags: { exclude: ['*[0abx]*'] }, targets: [acme] }
`,
    );
    const { code, text } = await run({ own: true, stack: { ...readOwnRules(file), path: '' } });
    expect(text).toContain('No image was found that rule "odd" releases: push one of your own.');
    expect(code).toBe(1);
  });

  it('prints little for many targets', async () => {
    const file = join(folder, 'many.yaml');
    const names = Array.from({ length: 40 }, (_, at) => `c${at}`);
    writeFileSync(
      file,
      `targets: { ${names.map((name) => `${name}: { repository: eu.gcr.io/${name} }`).join(', ')} }
rules: [{ name: api, source: gcr.io/vendor, images: [api], targets: [${names.join(', ')}] }]
`,
    );
    const { code, text } = await run({ own: true, stack: { ...readOwnRules(file), path: '' } });
    expect(code).toBe(0);
    expect(text).toContain('and 34 more customers');
    expect(text).toMatch(/^copied {8}\S+api:1\.0\.0 -> \d+ targets {2}/m);
    expect(text.split('\n').length).toBeLessThan(40);
  });

  it('passes on over hubs, by rules of one’s own, and lists what lies there', async () => {
    const file = join(folder, 'hubs.yaml');
    writeFileSync(
      file,
      `targets:
  hub: { repository: europe-docker.pkg.dev/vendor/hub, bucket: gs://hub-models/in }
  last: { repository: us-docker.pkg.dev/last/vendor, bucket: gs://last-models }
  later: { repository: us-docker.pkg.dev/later/vendor, paused: true }
rules:
  - { name: out, source: gcr.io/vendor, images: ['**'], targets: [hub, later] }
  - { name: on, source: europe-docker.pkg.dev/vendor/hub, images: ['**'], targets: [last] }
  - { name: models, source: gs://vendor-models, targets: [hub] }
  - { name: models-on, source: gs://hub-models/in, targets: [last] }
`,
    );
    const { customers, rules } = readOwnRules(file);
    let interrupt = (): void => undefined;
    const interrupted = new Promise<void>((resolve) => (interrupt = resolve));
    const seen: Promise<string[]>[] = [];
    const reported: string[] = [];
    const output = {
      write(text: string) {
        reported.push(text);
        if (text.includes('Ctrl-C ends everything')) seen.push(release().finally(interrupt));
      },
    };
    /** What the images are, which have arrived; then what is there once an object has. */
    const release = async (): Promise<string[]> => {
      const [word = ''] = readdirSync(join(folder, '.local/stacks'));
      const text = readFileSync(join(folder, '.local/stacks', word), 'utf8');
      const { environment } = JSON.parse(text) as { environment: Record<string, string> };
      const images = await status(environment);
      const upload = `${environment['STORAGE_EMULATOR_HOST'] ?? ''}/upload/storage/v1/b/vendor-releases/o`;
      const name = 'models/vendor-models/model.bin';
      await fetch(`${upload}?uploadType=media&name=${name}`, { method: 'POST', body: 'any bytes' });
      for (;;) {
        const all = await status(environment);
        if (all.includes('models-on last current')) return [...images, '', ...all];
      }
    };
    const { code } = await run({
      ...{ once: false, own: true, interrupted, output },
      stack: { customers, rules, path: '' },
    });
    expect(code).toBe(0);
    expect(reported.join('')).toContain('Every target holds the release');
    const images = ['on last current', 'out hub current', 'out later missing'];
    const objects = ['models hub current', 'models-on last current'];
    expect(await seen[0]).toEqual([...images, '', ...objects, ...images]);
  });

  it('ends with a reason when the release cannot reach a customer in time', async () => {
    const { code, text } = await run({
      timeoutSeconds: 4,
      stack: {
        rules: ({ source, targets: [acme] }) => `
targets:
  acme: { repository: '${acme!.repository}' }
  down: { repository: '127.0.0.1:1/down/vendor' }
groups: {}
rules:
  - { name: releases, source: ${source}, images: [api], tags: { include: ['1.4.2'] }, targets: [acme, down] }
`,
      },
    });
    expect(code).toBe(1);
    expect(text).toContain('The release did not reach every target:');
    expect(text).toMatch(/(waiting|retrying) +api:1\.4\.2 -> (acme, )?down/);
    expect(text).toMatch(/127\.0\.0\.1:1\/down\/vendor\/api:1\.4\.2: .*ECONNREFUSED/);
  });

  it('can be interrupted while it works', async () => {
    const { code } = await run({ interrupted: Promise.resolve() });
    expect(code).toBe(130);
  });

  it('does not start on a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await expect(run({ port })).rejects.toThrow(`Port ${port} of 127.0.0.1 is in use.`);
    server.close();
  });

  it.each<[string, string[], Record<string, string>, number, RegExp]>([
    ['helps', ['--help'], {}, 0, /npm start -- \[--once\]/],
    ['refuses wrong arguments', ['--twice'], {}, 2, /Unknown option '--twice'[^]+npm start --/],
    [
      'does not start where nothing answers as an emulator',
      ['--once'],
      { PUBSUB_EMULATOR_HOST: '127.0.0.1:1' },
      1,
      /Nothing answers at PUBSUB_EMULATOR_HOST=127\.0\.0\.1:1/,
    ],
  ])('%s', async (_, args, env, code, said) => {
    let text = '';
    const output = { write: (part: string) => (text += part) };
    const around = { env, stdout: output, stderr: output, interrupted: never };
    expect(await runStart(args, around)).toBe(code);
    expect(text).toMatch(said);
  });

  it('does not start unless it is built', async () => {
    await expect(run({ stack: { root: tmpdir() } })).rejects.toThrow('run "npm run build" first');
  });
});
