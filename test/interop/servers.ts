import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { Certificate } from '../support/certificate';
import { freePort, listens } from '../support/free-port';
import { requireTool } from './tools';

/** A server of somebody else's, running for a test. */
export interface Server {
  /** `127.0.0.1:port`. */
  readonly address: string;
  stop(): Promise<void>;
}

const START_SECONDS = 30;

export interface DockerRegistryOptions {
  readonly tls?: Certificate;
  /** The `auth` section of its configuration. */
  readonly auth?: Readonly<Record<string, unknown>>;
}

/** Docker's own registry (distribution 2.8 as Debian packages it), empty, on disk. */
export async function startDockerRegistry({
  tls,
  auth,
}: DockerRegistryOptions = {}): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'docker-registry-'));
  const port = await freePort();
  // JSON is YAML too. Foreign layers are refused unless their hosts are allowed.
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: folder }, delete: { enabled: true } },
    auth,
    validation: { manifests: { urls: { allow: ['^https://layers\\.example\\.com/'] } } },
    http: {
      addr: `127.0.0.1:${port}`,
      tls: tls && { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') },
    },
  };
  if (tls) {
    await writeFile(join(folder, 'cert.pem'), tls.cert);
    await writeFile(join(folder, 'key.pem'), tls.key);
  }
  const file = join(folder, 'config.yml');
  await writeFile(file, JSON.stringify(config));
  const server = await start(
    'docker-registry',
    ['serve', file],
    port,
    tls || auth ? undefined : '/v2/',
  );
  return {
    address: server.address,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** go-containerregistry's in-memory registry. */
export async function startCraneRegistry(): Promise<Server> {
  const port = await freePort();
  return start('crane', ['registry', 'serve', '--address', `127.0.0.1:${port}`], port, '/v2/');
}

/** Google's own Pub/Sub emulator. */
export async function startPubSubEmulator(): Promise<Server> {
  const port = await freePort();
  const jar = requireTool('pubsub-emulator');
  return start('java', ['-jar', jar, '--host=127.0.0.1', `--port=${port}`], port, '/');
}

/** fsouza's Cloud Storage, in memory. */
export async function startFakeGcs(): Promise<Server> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const options = {
    scheme: 'http',
    host: '127.0.0.1',
    port,
    backend: 'memory',
    'public-host': address,
    'external-url': `http://${address}`,
    'log-level': 'error',
  };
  const args = Object.entries(options).map(([name, value]) => `-${name}=${value}`);
  return start('fake-gcs-server', args, port, '/_internal/healthcheck');
}

async function start(
  tool: 'crane' | 'docker-registry' | 'fake-gcs-server' | 'java',
  args: readonly string[],
  port: number,
  /** Answered with 200 when it is up; without it an open port is enough. */
  path?: string,
): Promise<Server> {
  const child = spawn(requireTool(tool), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-2000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const address = `127.0.0.1:${port}`;
  const isUp = () => (path === undefined ? listens(port) : answers(`http://${address}${path}`));
  for (let left = START_SECONDS * 10; !(await isUp()); left -= 1) {
    if (left === 0 || child.exitCode !== null) {
      child.kill('SIGKILL');
      throw new Error(`${tool} ${args.join(' ')} does not answer at ${address}: ${output}`);
    }
    await sleep(100);
  }
  return { address, stop: () => stop(child) };
}

async function answers(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, { reset: true });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
