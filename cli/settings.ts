import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { CommandFailure, type Terminal } from './terminal';

export interface SettingsFlags {
  /** Use the stack that `npm start` runs here. */
  readonly local?: boolean;
  readonly rules?: string;
  readonly verbose?: boolean;
}

/** `relay.yaml`: what an operator would otherwise say with each command. */
const Settings = z.strictObject({
  /** The project of topics and subscriptions that are not named in full. */
  project: z.string().optional(),
  /** Where copy jobs go. */
  topic: z.string().optional(),
  /** The subscription of the dead letters. */
  'dead-letters': z.string().optional(),
  /** What receipts are signed with: `gcpkms://…`, or a file. */
  'signing-key': z.string().optional(),
});

const VARIABLES = {
  project: 'GOOGLE_CLOUD_PROJECT',
  topic: 'COPY_JOBS_TOPIC',
  'dead-letters': 'DEAD_LETTER_SUBSCRIPTION',
  'signing-key': 'SIGNING_KEY',
} as const;

/** What each `npm start` leaves while it runs, below the folder that it runs in. */
const LOCAL_STACKS = join('.local', 'stacks');
const LocalStack = z.object({ pid: z.int(), environment: z.record(z.string(), z.string()) });

/**
 * Completes the environment from `relay.yaml` next to the rules file; variables that are set take precedence. With
 * `--local` the settings of the running local stack take precedence over all.
 * @throws {CommandFailure} if the file is invalid, or no local stack runs.
 */
export function addSettings(env: Terminal['env'], flags: SettingsFlags): void {
  if (flags.local) {
    Object.assign(env, readLocalStack());
    return;
  }
  const file = join(dirname(flags.rules ?? env['RULES_FILE'] ?? 'rules.yaml'), 'relay.yaml');
  const settings = readSettings(file);
  for (const [key, variable] of Object.entries(VARIABLES)) {
    const value = settings[key as keyof typeof VARIABLES];
    if (value !== undefined) env[variable] ??= value;
  }
}

function readSettings(file: string): z.output<typeof Settings> {
  const text = readIfThere(file);
  if (text === undefined) return {};
  try {
    return Settings.parse(parse(text) ?? {});
  } catch (cause) {
    const why =
      cause instanceof z.ZodError ? `\n${z.prettifyError(cause)}` : ` ${(cause as Error).message}`;
    throw new CommandFailure(`${file} is wrong:${why}`, { cause });
  }
}

/** Of several the one that was started last. */
function readLocalStack(): Readonly<Record<string, string>> {
  for (const file of stackFiles()) {
    const stack = LocalStack.safeParse(parseJson(readIfThere(file) ?? ''));
    if (stack.success && isRunning(stack.data.pid)) return stack.data.environment;
  }
  throw new CommandFailure('No local stack runs here: start one with "npm start".');
}

/** The newest first: here, and in the checkout whose npm runs this. */
function stackFiles(): string[] {
  const { npm_package_json: manifest } = process.env;
  const folders = new Set(['.', ...(manifest === undefined ? [] : [dirname(manifest)])]);
  return [...folders]
    .map((folder) => join(folder, LOCAL_STACKS))
    .flatMap((folder) => namesIn(folder).map((name) => join(folder, name)))
    .map((file) => ({ file, time: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.time - a.time)
    .map(({ file }) => file);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Returns undefined for invalid JSON: a stack that is starting or was killed leaves half a file. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CommandFailure(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
