import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';

export interface FunctionOptions {
  /** The name that it is registered under: `planCopies`. */
  readonly target: string;
  /** The repository, built. */
  readonly root: string;
  /** All of it: nothing is inherited but what Node itself needs. */
  readonly environment: Readonly<Record<string, string>>;
  /** Gets every line of its standard output. */
  readonly onLine: (line: string) => void;
  /** Called when it ends unexpectedly. */
  readonly onCrash: (error: Error) => void;
}

/** A function as Google runs it: a process under the functions-framework. */
export interface FunctionProcess {
  readonly target: string;
  readonly pid: number;
  /** `http://127.0.0.1:40123` */
  readonly origin: string;
  /** Ends the process by a signal, whatever it is doing, and starts another at the same address. */
  restart(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

const FRAMEWORK = 'node_modules/@google-cloud/functions-framework/build/src/main.js';
/** Built from loopback-preload.ts. */
const PRELOAD = 'dist/local/loopback.js';
const LAST_WORDS = 20;

interface Running {
  readonly pid: number;
  readonly port: number;
  readonly end: (signal: NodeJS.Signals) => Promise<void>;
}

/** Resolves once the function listens. @throws {Error} with what the process said last, if it ends before. */
export async function startFunction(options: FunctionOptions): Promise<FunctionProcess> {
  let running = await run(options, 0);
  const { port } = running;
  return {
    target: options.target,
    get pid() {
      return running.pid;
    },
    origin: `http://127.0.0.1:${port}`,
    async restart(signal) {
      await running.end(signal);
      running = await run(options, port);
    },
    stop: () => running.end('SIGTERM'),
  };
}

async function run(options: FunctionOptions, port: number): Promise<Running> {
  const { target, root, environment, onLine, onCrash } = options;
  const child = fork(join(root, FRAMEWORK), [`--target=${target}`, `--port=${port}`], {
    cwd: root,
    execArgv: ['--require', join(root, PRELOAD)],
    env: { ...inherited(), ...environment },
    // Its own process group: Ctrl-C reaches the stack alone, which then ends its children in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const words = keepLast(child, onLine);
  let ending = false;
  const exited = once(child, 'close').then(([code, signal]) => {
    const how =
      code === null ? `was ended by ${String(signal)}` : `ended with exit code ${String(code)}`;
    return new Error([`The function ${target} ${how}.`, ...words].join('\n  '));
  });
  void exited.then((error) => {
    if (!ending) onCrash(error);
  });
  const listening = once(child, 'message').then(([message]) =>
    z.object({ port: z.number() }).parse(message),
  );
  // Of the two, the one that comes second comes too late: a process that ends never says its port.
  listening.catch(() => undefined);
  const first = await Promise.race([listening, exited]);
  if (first instanceof Error) throw first;
  return {
    pid: child.pid ?? 0,
    port: first.port,
    async end(signal) {
      ending = true;
      child.kill(signal);
      await exited;
    },
  };
}

/** Node finds itself and its temporary folder by these; credentials and proxies of one's own stay out. */
function inherited(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TZ', 'LANG', 'SystemRoot'];
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

/** Passes standard output on by lines, and keeps the last lines of both outputs for an error. */
function keepLast(child: ChildProcess, onLine: (line: string) => void): readonly string[] {
  const words: string[] = [];
  const keep = (line: string) => {
    words.push(line);
    if (words.length > LAST_WORDS) words.shift();
  };
  for (const [stream, reported] of [
    [child.stdout, onLine],
    [child.stderr, () => undefined],
  ] as const) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      keep(line);
      reported(line);
    });
  }
  return words;
}
