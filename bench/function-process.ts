import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { freePort } from '../test/interop/servers';

/** A function under the functions-framework, in a process of its own, as the cloud runs it. */
export interface FunctionProcess {
  /** Milliseconds from process start to the answer of the first delivery. */
  readonly firstAnswer: number;
  /** Delivers a message as a push subscription of `topic` does, and gives the line that the function answers. */
  deliver(topic: string, data: unknown): Promise<string>;
  stop(): Promise<void>;
}

export interface FunctionOptions {
  readonly target: string;
  /** Folder with the function's code. */
  readonly source: string;
  readonly env: Readonly<Record<string, string>>;
  readonly topic: string;
  /** The first message, sent over and over until the process listens. */
  readonly data: unknown;
}

const FRAMEWORK = createRequire(resolve('package.json')).resolve(
  '@google-cloud/functions-framework/build/src/main.js',
);

/** @throws {Error} when the process ends, or the first answer is not a success. */
export async function startFunction(options: FunctionOptions): Promise<FunctionProcess> {
  const port = await freePort();
  const { target, source, env, topic, data } = options;
  const agent = new Agent();
  const start = performance.now();
  const child = spawn(
    process.execPath,
    [FRAMEWORK, `--target=${target}`, `--source=${source}`, `--port=${port}`],
    { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const keep = (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-4000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);

  const deliver = async (to: string, message: unknown): Promise<string> => {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/${to}`, {
      dispatcher: agent,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(pushBody(message)),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`${target} answered ${statusCode}: ${text}\n${output}`);
    return text;
  };
  const stop = async (): Promise<void> => {
    await agent.destroy();
    if (child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };

  for (;;) {
    try {
      await deliver(topic, data);
      return { firstAnswer: performance.now() - start, deliver, stop };
    } catch (error) {
      if (!isRefused(error) || child.exitCode !== null) {
        await stop();
        throw new Error(`${target} does not start:\n${output}`, { cause: error });
      }
      await sleep(2);
    }
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}

function pushBody(message: unknown) {
  return {
    subscription: 'projects/bench/subscriptions/bench',
    message: {
      messageId: '1',
      publishTime: new Date().toISOString(),
      attributes: {},
      data: Buffer.from(JSON.stringify(message)).toString('base64'),
    },
  };
}
