import type { Digest } from '../oci/digest';
import { converge, MAX_ROUNDS, type ConvergenceSteps } from './convergence';

const digest = (name: string | number): Digest => `sha256:${name}` as Digest;

/** Steps that answer from lists, and say in which order they were called. */
function scripted(source: readonly string[], target: readonly (string | undefined)[]) {
  const calls: string[] = [];
  const [sources, targets] = [[...source], [...target]];
  const steps: ConvergenceSteps = {
    readSource: () => {
      calls.push('source');
      return Promise.resolve(digest(sources.shift() ?? 'none'));
    },
    readTarget: () => {
      calls.push('target');
      const held = targets.shift();
      return Promise.resolve(held === undefined ? undefined : digest(held));
    },
    resolve: (wanted) => Promise.resolve(wanted),
    prepare: (wanted) => {
      calls.push(`prepare ${wanted}`);
      return Promise.resolve(undefined);
    },
    writeTarget: (wanted) => {
      calls.push(`write ${wanted}`);
      return Promise.resolve();
    },
  };
  return { steps, calls };
}

describe('converge', () => {
  it('writes nothing when the target is right already', async () => {
    const { steps, calls } = scripted(['a'], ['a']);
    expect(await converge(steps)).toEqual({
      source: digest('a'),
      digest: digest('a'),
      wrote: false,
    });
    expect(calls).toEqual(['source', 'target']);
  });

  it('reads the source before, just before and after the write', async () => {
    const { steps, calls } = scripted(['a', 'a', 'a'], [undefined]);
    expect(await converge(steps)).toMatchObject({ digest: digest('a'), wrote: true });
    expect(calls).toEqual([
      'source',
      'target',
      'prepare sha256:a',
      'source',
      'write sha256:a',
      'source',
    ]);
  });

  it('takes the source read of the preparation for the one before the write', async () => {
    const { steps, calls } = scripted(['a', 'a'], [undefined]);
    const prepare = () => Promise.resolve(digest('a'));
    await converge({ ...steps, prepare });
    expect(calls).toEqual(['source', 'target', 'write sha256:a', 'source']);
  });

  it('never writes what the source no longer holds, and looks at the target again', async () => {
    const { steps, calls } = scripted(['a', 'b', 'b', 'b'], [undefined, undefined]);
    expect(await converge(steps)).toMatchObject({ digest: digest('b') });
    expect(calls.filter((call) => call.startsWith('write'))).toEqual(['write sha256:b']);
    expect(calls.filter((call) => call === 'target')).toHaveLength(2);
  });

  it('goes on with what it reads after the write', async () => {
    const { steps, calls } = scripted(['a', 'a', 'b', 'b', 'b'], [undefined]);
    expect(await converge(steps)).toMatchObject({ source: digest('b'), digest: digest('b') });
    expect(calls.filter((call) => call.startsWith('write'))).toEqual([
      'write sha256:a',
      'write sha256:b',
    ]);
  });

  it('gives up on a source that always moves', async () => {
    const { steps, calls } = scripted(
      Array.from({ length: 30 }, (_, at) => `${at}`),
      Array.from({ length: 30 }, () => undefined),
    );
    expect(await converge(steps)).toBeUndefined();
    expect(calls.filter((call) => call.startsWith('prepare'))).toHaveLength(MAX_ROUNDS);
  });

  it('compares what the source resolves to with the target', async () => {
    const { steps } = scripted(['a'], ['part of a']);
    const resolve = () => Promise.resolve(digest('part of a'));
    expect(await converge({ ...steps, resolve })).toMatchObject({
      source: digest('a'),
      digest: digest('part of a'),
      wrote: false,
    });
  });

  it('waits for the other read when one fails', async () => {
    const { steps, calls } = scripted(['a'], []);
    const readTarget = async () => {
      await new Promise(setImmediate);
      calls.push('target ended');
      return undefined;
    };
    const readSource = () => Promise.reject(new Error('gone'));
    await expect(converge({ ...steps, readSource, readTarget })).rejects.toThrow('gone');
    expect(calls).toEqual(['target ended']);
  });
});

/**
 * Every order in which the steps of two or three jobs, the moves of the source's tag and crashes between any two steps can
 * come, with the real converge. A move brings an event, and an event a job, which is delivered until it is acknowledged.
 */
describe('the protocol, exhaustively', () => {
  type Protocol = (steps: ConvergenceSteps) => Promise<unknown>;

  interface Scenario {
    /** What the source's tag holds, one after another. */
    readonly values: readonly number[];
    /** What the target's tag holds at first. */
    readonly held: number;
    /** For each job, the move that its event tells of. */
    readonly jobs: readonly number[];
    readonly crashes: number;
  }

  const withoutTheRule: Protocol = async (steps) => {
    const [source, held] = await Promise.all([steps.readSource(), steps.readTarget()]);
    if (source === held) return;
    const latest = await steps.readSource();
    // What was superseded is left to the job of the newer event.
    if (latest === source) await steps.writeTarget(source);
  };

  const scenarios: readonly (Scenario & { name: string })[] = [
    { name: 'two jobs, a move and a crash', values: [1, 2], held: 0, jobs: [0, 1], crashes: 1 },
    { name: 'a job delivered twice', values: [1, 2], held: 0, jobs: [0, 0, 1], crashes: 0 },
    { name: 'a move and the way back', values: [1, 2, 1], held: 1, jobs: [1, 2], crashes: 1 },
  ];

  it.each(scenarios)('always ends at the newest: $name', async (scenario) => {
    const { ends, bad } = await explore(scenario, converge);
    expect(ends).toBeGreaterThan(0);
    expect(bad).toBe(0);
  });

  it.each(scenarios)('would not without the rule: $name', async (scenario) => {
    expect((await explore(scenario, withoutTheRule)).bad).toBeGreaterThan(0);
  });

  async function explore(scenario: Scenario, protocol: Protocol) {
    const seen = new Set<string>();
    const ends = new Map<string, boolean>();
    const paths: number[][] = [[]];
    for (let path = paths.pop(); path; path = paths.pop()) {
      const world = await replay(scenario, protocol, path);
      const key = world.key();
      if (seen.has(key)) continue;
      seen.add(key);
      const { length } = world.choices();
      if (length === 0) ends.set(key, world.isGood());
      for (let choice = 0; choice < length; choice++) paths.push([...path, choice]);
    }
    return { ends: ends.size, bad: [...ends.values()].filter((good) => !good).length };
  }

  async function replay(scenario: Scenario, protocol: Protocol, path: readonly number[]) {
    const world = createWorld(scenario, protocol);
    for (const choice of path) {
      world.choices()[choice]?.();
      // Lets the jobs run until each waits for its next step.
      for (let tick = 0; tick < 12; tick++) await Promise.resolve();
    }
    return world;
  }

  interface Job {
    readonly event: number;
    state: 'waiting' | 'running' | 'acked';
    /** What this delivery knows, and the steps that it waits for: all that its future depends on. */
    knows: { source?: unknown; held?: unknown };
    pending: Map<string, () => void>;
  }

  function createWorld({ values, held, jobs: events, crashes }: Scenario, protocol: Protocol) {
    let moves = 0;
    let target = held;
    let crashesLeft = crashes;
    const jobs = events.map((event): Job => ({
      event,
      state: 'waiting',
      knows: {},
      pending: new Map(),
    }));

    function start(job: Job): void {
      const { pending, knows } = job;
      const step = (about: 'source' | 'held', name: string, act: () => Digest): Promise<Digest> =>
        new Promise((resolve) => {
          pending.set(name, () => {
            pending.delete(name);
            knows[about] = act();
            resolve(knows[about] as Digest);
          });
        });
      job.state = 'running';
      const done = protocol({
        readSource: () => step('source', 'read source', () => digest(values[moves] ?? 0)),
        readTarget: () => step('held', 'read target', () => digest(target)),
        resolve: (wanted) => Promise.resolve(wanted),
        prepare: () => Promise.resolve(undefined),
        async writeTarget(wanted) {
          await step('held', `write ${wanted}`, () => {
            target = Number(wanted.slice('sha256:'.length));
            return wanted;
          });
        },
      });
      void done.then(() => {
        if (job.pending === pending) job.state = 'acked';
      });
    }

    function crash(job: Job): void {
      crashesLeft--;
      Object.assign(job, { state: 'waiting', knows: {}, pending: new Map() });
    }

    return {
      choices: (): (() => unknown)[] => [
        ...(moves < values.length - 1 ? [() => moves++] : []),
        ...jobs.flatMap((job) => {
          if (job.state === 'waiting') return job.event <= moves ? [() => start(job)] : [];
          if (job.state === 'acked') return [];
          return [...job.pending.values(), ...(crashesLeft > 0 ? [() => crash(job)] : [])];
        }),
      ],
      isGood: () => target === values[moves] && jobs.every(({ state }) => state === 'acked'),
      key: () =>
        JSON.stringify([
          moves,
          target,
          crashesLeft,
          jobs.map(({ state, knows, pending }) => [
            state,
            knows.source,
            knows.held,
            [...pending.keys()],
          ]),
        ]),
    };
  }
});
