import { setTimeout as sleep } from 'node:timers/promises';
import { type LogEntry, parseLogLine } from '../../local/stack/log-entry';
import { startFunction, type FunctionProcess } from '../../local/stack/function-process';
import type { Random } from '../support/random';

/** The processes of the two functions, by the folder of their code. */
export interface Instances {
  readonly running: (name: string) => readonly string[];
  /** Ends one after another, by SIGKILL or SIGTERM, whatever it does, until the signal is aborted. */
  readonly killing: (every: number, random: Random, stop: AbortSignal) => Promise<void>;
  readonly kills: () => number;
  readonly stop: () => Promise<void>;
}

export interface InstancesOptions {
  /** The repository, built. */
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  /** How many of each. */
  readonly counts: Readonly<Record<'plan-copies' | 'copy-artifact', number>>;
  readonly onLog: (entry: LogEntry) => void;
  readonly onCrash: (error: Error) => void;
}

const TARGETS = { 'plan-copies': 'planCopies', 'copy-artifact': 'copyArtifact' } as const;

interface Instance {
  readonly name: string;
  readonly process: FunctionProcess;
  runs: boolean;
}

export async function startInstances(options: InstancesOptions): Promise<Instances> {
  const instances: Instance[] = [];
  for (const [name, count] of Object.entries(options.counts)) {
    const target = TARGETS[name as keyof typeof TARGETS];
    for (let at = 0; at < count; at++) {
      const started = await startFunction({
        target,
        root: options.root,
        environment: options.environment,
        onLine: (line) => {
          const entry = parseLogLine(target, line);
          if (entry) options.onLog(entry);
        },
        onCrash: options.onCrash,
      });
      instances.push({ name, process: started, runs: true });
    }
  }
  let kills = 0;

  return {
    running: (name) =>
      instances
        .filter((instance) => instance.name === name && instance.runs)
        .map(({ process: { origin } }) => origin),
    kills: () => kills,
    async killing(every, random, stop) {
      const pause = (): Promise<boolean> =>
        sleep(every * (0.5 + random.next()), true, { signal: stop }).catch(() => false);
      while (await pause()) {
        const victim = random.pick(instances);
        victim.runs = false;
        kills++;
        await victim.process.restart(random.chance(0.7) ? 'SIGKILL' : 'SIGTERM');
        victim.runs = true;
      }
    },
    stop: async () => {
      await Promise.all(instances.map((instance) => instance.process.stop()));
    },
  };
}
