import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { GcrMessage } from '../../local/servers/registry/events';
import { createRegistry, type Registry } from '../../local/servers/registry/registry';
import { createScriptedServer, type ScriptedServer } from '../support/scripted-server';

const scripts = join(__dirname, '..', '..', 'scripts');
const Expectations = z.array(
  z.object({
    no: z.string(),
    question: z.string(),
    matters: z.string(),
    where: z.literal('google').optional(),
  }),
);
const expectations = Expectations.parse(
  JSON.parse(readFileSync(join(scripts, 'registry-expectations.json'), 'utf8')),
);

let folder: string;
let registry: Registry;
let immutable: Registry;
let pubsub: ScriptedServer;
let messages: GcrMessage[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'relay-verify-'));
  messages = [];
  const auth = { scheme: 'google', tokens: ['token-1', 'token-2'] } as const;
  [registry, immutable] = await Promise.all([
    createRegistry({ auth, onMessage: (message) => messages.push(message) }),
    createRegistry({ auth, immutableTags: true }),
  ]);
  pubsub = await createScriptedServer(({ path }) => {
    if (!path.endsWith(':pull')) return { body: {} };
    const receivedMessages = messages.splice(0).map((message, at) => ({
      ackId: String(at),
      message: { data: Buffer.from(JSON.stringify(message)).toString('base64') },
    }));
    return { body: { receivedMessages } };
  });
});
afterEach(async () => {
  await Promise.all([registry.close(), immutable.close(), pubsub.close()]);
  rmSync(folder, { recursive: true });
});

async function verify(args: readonly string[] = [], more: Record<string, string> = {}) {
  const report = join(folder, 'report.md');
  const { code, stdout, stderr } = await run(
    process.execPath,
    [join(scripts, 'verify-registry.mjs'), '--report', report, ...args],
    {
      REGISTRY: registry.origin,
      IMMUTABLE_REGISTRY: immutable.origin,
      TOKEN: 'token-1',
      SHORT_TOKEN: '',
      PROJECT: 'verify',
      ...more,
    },
  );
  return { code, stdout, stderr, report: code === 2 ? '' : readFileSync(report, 'utf8') };
}

async function run(command: string, args: readonly string[], env: Record<string, string>) {
  const child = spawn(command, args, { env: { PATH: process.env['PATH'] ?? '', ...env } });
  const texts = [child.stdout, child.stderr].map(async (stream) => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const [stdout = '', stderr = ''] = await Promise.all(texts);
  return { code, stdout, stderr };
}

const numbered = (stdout: string, state: string) =>
  [...stdout.matchAll(new RegExp(`^(\\S+) +${state} `, 'gm'))].map(([, no]) => no);

describe('verify-registry.mjs', () => {
  it('gets from the embedded registry every answer that the expectations have', async () => {
    const { code, stdout, report } = await verify([], {
      LARGE_BYTES: '3000000',
      SUBSCRIPTION: 'projects/verify/subscriptions/one',
      PUBSUB: pubsub.origin,
      QUIET_MS: '200',
    });
    expect(stdout).toContain('Every answer is as expected.');
    expect(code).toBe(0);
    const skipped = expectations.filter(({ where, no }) => where === 'google' || no === '19');
    expect(numbered(stdout, 'skipped')).toEqual(skipped.map(({ no }) => no));
    expect(report).toContain('| 62 | the messages on the topic gcr | expected | {"byDigest":');
    expect(report).not.toContain('token-1');
    expect(report).not.toContain('verify/');
  });

  it('ends at the first answer that differs, with what it means for the relay', async () => {
    await registry.close();
    registry = await createRegistry({ referrers: false });
    const { code, stdout, report } = await verify();
    expect(code).toBe(1);
    expect(numbered(stdout, '(?:expected|differs)').at(-1)).toBe('7a');
    expect(stdout).toContain('expected {"status":201,"subject":true}');
    expect(report).toContain('**7a**: Fallback tags are written instead.');

    const all = await verify(['--all']);
    expect(all.code).toBe(1);
    expect(numbered(all.stdout, 'differs')).toEqual(expect.arrayContaining(['7a', '7', '18']));
  });

  it('reads until the quota is used up, and finds Retry-After', async () => {
    const answer = { status: 429, headers: { 'retry-after': '7' } };
    registry.faults.add({ on: 'getManifest', times: 1, answer });
    const { code, report } = await verify(['--only', '1,5a,15,19'], { BURST: '64' });
    expect(code).toBe(0);
    expect(report).toContain('Retry-After: 7');

    const without = await verify(['--only', '19'], { BURST: '2' });
    expect(without.code).toBe(1);
    expect(without.report).toContain('no 429 in 2 requests');
  });

  it('sends a large layer with the token that expires, and asks with it afterwards', async () => {
    await registry.close();
    const tokens = ['token-1', 'token-2'];
    registry = await createRegistry({ auth: { scheme: 'google', tokens } });
    const short = { LARGE_BYTES: '1000', SHORT_TOKEN: 'token-2', SHORT_TOKEN_SECONDS: '-30' };
    const expires = () => tokens.splice(1);
    registry.faults.add({ on: 'putBlob', after: 3, afterwards: expires });
    const { code, report } = await verify(['--only', '1,5a,15,60,60b'], short);
    expect(report).toContain('| expected | {"status":201,"found":200,"size":true} |');
    expect(report).toContain('| 60b | the expired token afterwards | expected | {"status":401} |');
    expect(report).not.toContain('token-2');
    expect(code).toBe(0);

    const refused = await verify(['--only', '60'], short);
    expect(refused.code).toBe(1);
    expect(refused.report).toContain('**60**: Large layers fail with 401');
  });

  it('reports a registry that does not answer as a difference', async () => {
    const { code, report } = await verify([], { REGISTRY: 'http://127.0.0.1:1' });
    expect(code).toBe(1);
    expect(report).toContain('{"error":"ECONNREFUSED"}');
  });

  it('requires a registry', async () => {
    expect(await verify([], { REGISTRY: '' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('REGISTRY is not set') as string,
    });
  });
});

it('reads a manifest with a token of the metadata server, and with one by impersonation', async () => {
  const google = await createScriptedServer(({ method, path, headers }) => {
    if (path.endsWith('/token')) {
      expect(headers['metadata-flavor']).toBe('Google');
      return { body: { access_token: 'own' } };
    }
    if (method === 'POST') {
      expect(path).toBe(
        '/v1/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com:generateAccessToken',
      );
      return { body: { accessToken: 'theirs' } };
    }
    return { status: headers.authorization === 'Bearer own' ? 200 : 403 };
  });
  const { code, stdout } = await run(process.execPath, [join(scripts, 'verify-metadata.mjs')], {
    MANIFEST: `${google.origin}/v2/a/b/manifests/v1`,
    ACCOUNT: 'a@p.iam.gserviceaccount.com',
    GCE_METADATA_HOST: google.address,
    IAM_CREDENTIALS: google.origin,
  });
  await google.close();
  expect({ code, stdout }).toEqual({ code: 0, stdout: '{"own":200,"impersonated":403}\n' });
});

describe('verify-on-google.sh', () => {
  /** With a gcloud and a node that only write down how they were called. */
  function onGoogle(code: number, env: Record<string, string>) {
    const calls = join(folder, 'calls');
    writeFileSync(calls, '');
    const stub = (name: string, text: string) => {
      writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $*" >>'${calls}'\n${text}\n`);
      chmodSync(join(folder, name), 0o755);
    };
    stub(
      'gcloud',
      `case "$*" in *print-access-token*) echo secret ;; *"repositories describe"*) exit 1 ;; *"logging read"*) echo '[{"jsonPayload":{"own":200}}]' ;; esac`,
    );
    stub(
      'node',
      `case "$1" in -p) echo '{"own":200}' ;; *) env >>'${calls}'; exit ${code} ;; esac`,
    );
    const { status } = spawnSync(join(scripts, 'verify-on-google.sh'), ['--all'], {
      env: { PATH: `${folder}:/usr/bin:/bin`, PROJECT: 'p', ...env },
      encoding: 'utf8',
    });
    return { status, calls: readFileSync(calls, 'utf8').split('\n') };
  }
  const created = (calls: readonly string[], verb: string) =>
    calls.flatMap((call) => {
      const found = new RegExp(
        `^gcloud (artifacts repositories|pubsub subscriptions|run jobs) ${verb} (\\S+)`,
      ).exec(call);
      return found ? [`${found[1]!} ${found[2]!} ${/--location=\S+/.exec(call)?.[0] ?? ''}`] : [];
    });

  it.each([
    ['the smallest run', {}, 4],
    ['everything', { REMOTE: '1', GCR_IO: '1', MESSAGES: '1', LARGE: '1', ACCOUNT: 'a@b' }, 9],
  ])('undoes all that it created, and keeps the exit code: %s', (_what, env, count) => {
    const code = count === 4 ? 1 : 0;
    const { status, calls } = onGoogle(code, env);
    expect(status).toBe(code);
    expect(created(calls, 'create')).toHaveLength(count);
    expect(created(calls, 'delete').sort()).toEqual(created(calls, 'create').sort());
    expect(calls).toContain('REGISTRY=https://us-central1-docker.pkg.dev');
    expect(calls).toContain('TOKEN=secret');
    expect(calls).toContain('node scripts/verify-registry.mjs --all');
  });

  it('gives what was asked for to the questions', () => {
    const env = { REMOTE: '1', GCR_IO: '1', MESSAGES: '1', LARGE: '1', ACCOUNT: 'a@b' };
    const { calls } = onGoogle(0, env);
    expect(calls).toEqual(
      expect.arrayContaining([
        'METADATA={"own":200}',
        'LARGE_BYTES=1073741824',
        'SHORT_TOKEN=secret',
        'GCR=us.gcr.io/p/relay-verify',
        expect.stringMatching(/^REMOTE=p\/relay-verify-\d+-remote\/library\/busybox$/),
        expect.stringMatching(/^VIRTUAL=p\/relay-verify-\d+-virtual\/image$/),
        expect.stringMatching(/^SUBSCRIPTION=projects\/p\/subscriptions\/relay-verify-\d+$/),
      ]),
    );
  });
});

it.each(['verify-templates-on-google.sh', 'verify-objects-on-google.sh', 'verify-on-google.sh'])(
  '%s says which tools are missing, and where they are not',
  (script) => {
    for (const tool of ['bash', 'dirname']) symlinkSync(`/usr/bin/${tool}`, join(folder, tool));
    const { status, stderr } = spawnSync(
      script === 'verify-on-google.sh' ? '/bin/sh' : '/usr/bin/bash',
      [join(scripts, script)],
      { env: { PATH: folder }, encoding: 'utf8' },
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/Missing: curl jq|node is not installed/);
    expect(stderr).toContain('https://shell.cloud.google.com');
  },
);
