import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { freePort, listens } from '../test/support/free-port';

export interface FunctionOptions {
  /** The function's name: `planCopies`. */
  readonly target: string;
  /** Folder with the function's code; default: the built product. */
  readonly source?: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A function under the functions-framework, in a process of its own, as the cloud runs it. */
export interface FunctionProcess {
  readonly origin: string;
  readonly pid: number;
  /** Resolves when it listens. @throws {Error} with its output when it ends instead. */
  ready(): Promise<void>;
  /**
   * Delivers a message as a push subscription to `topic` does, as soon as it listens, and gives the line that it answers.
   *
   * @throws {Error} when the answer is not a success.
   */
  deliver(topic: string, data: unknown): Promise<string>;
  stop(): Promise<void>;
}

/** The heap that Node gives itself in 512 MiB, the memory of copyArtifact as deployed. With more it collects later. */
export const DEPLOYED_NODE_OPTIONS = '--max-heap-size=259';

const FRAMEWORK = '@google-cloud/functions-framework/build/src/main.js';

/** Paths are relative to the project's folder, where npm runs scripts. */
export async function startFunction(options: FunctionOptions): Promise<FunctionProcess> {
  const { target, source = '.', env } = options;
  const port = await freePort();
  // Not by require: the package exports no path to its own command. A function of another checkout registers with its own.
  const own = resolve(source, 'node_modules', FRAMEWORK);
  const framework = existsSync(own) ? own : resolve('node_modules', FRAMEWORK);
  const child = spawn(
    process.execPath,
    [framework, `--target=${target}`, `--source=${resolve(source)}`, `--port=${port}`],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const keep = (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-4000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const origin = `http://127.0.0.1:${port}`;

  async function ready(): Promise<void> {
    while (!(await listens(port))) {
      if (child.exitCode !== null) throw new Error(`${target} does not start:\n${output}`);
      await sleep(2);
    }
  }

  return {
    origin,
    pid: child.pid ?? 0,
    ready,
    async deliver(topic, data) {
      await ready();
      const { statusCode, body } = await request(`${origin}/${topic}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(pushBody(data)),
      });
      const line = await body.text();
      if (statusCode >= 300)
        throw new Error(`${target} answered ${statusCode}: ${line}\n${output}`);
      return line;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

function pushBody(data: unknown) {
  return {
    subscription: 'projects/test/subscriptions/by-hand',
    message: {
      messageId: '1',
      publishTime: new Date().toISOString(),
      attributes: {},
      data: Buffer.from(JSON.stringify(data)).toString('base64'),
    },
  };
}
