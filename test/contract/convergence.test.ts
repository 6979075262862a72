import { TAG_LOOPS, type TagEnds, type TagLoop } from '../support/tag-loops';
import { MAX_ROUNDS } from '../../shared/copying/convergence';
import { SourceMovingError } from '../../shared/copying/errors';
import { KIND_NAMES, KINDS } from '../../shared/kinds/kinds';

// Every order there is, on a machine that may be busy.
jest.setTimeout(600_000);

/** Ends that answer from lists, and say in which order they were called. */
function scripted(source: readonly string[], target: readonly (string | undefined)[]) {
  const calls: string[] = [];
  const [sources, targets] = [[...source], [...target]];
  const ends: TagEnds = {
    readSource: () => {
      calls.push('source');
      return Promise.resolve(sources.shift() ?? 'none');
    },
    readTarget: () => {
      calls.push('target');
      return Promise.resolve(targets.shift());
    },
    write: (wanted) => {
      calls.push(`write ${wanted}`);
      return Promise.resolve();
    },
  };
  const count = (call: string) => calls.filter((one) => one === call).length;
  const writes = () => calls.filter((call) => call.startsWith('write'));
  return { ends, calls, count, writes };
}

const loops = Object.values(TAG_LOOPS).flatMap((some) => some ?? []);

it.each(KIND_NAMES)('drives a loop of %ss if they have tags', (kind) => {
  const driven = TAG_LOOPS[kind]?.length ?? 0;
  expect(driven > 0).toBe(KINDS[kind].has.tag === true);
});

describe.each(loops)('the tag of %s', (_, copyTag) => {
  it('is not written when the target is right already', async () => {
    const { ends, calls } = scripted(['a'], ['a']);
    await copyTag(ends);
    expect(calls).toEqual(['source', 'target']);
  });

  it('is written between two reads of the source', async () => {
    const { ends, calls } = scripted(['a', 'a', 'a'], [undefined]);
    await copyTag(ends);
    expect(calls).toEqual(['source', 'target', 'source', 'write a', 'source']);
  });

  it('never gets what the source no longer holds, and the target is looked at again', async () => {
    const { ends, count, writes } = scripted(['a', 'b', 'b', 'b'], [undefined, undefined]);
    await copyTag(ends);
    expect(writes()).toEqual(['write b']);
    expect(count('target')).toBe(2);
  });

  it('follows what is read after the write', async () => {
    const { ends, writes } = scripted(['a', 'a', 'b', 'b', 'b'], [undefined]);
    await copyTag(ends);
    expect(writes()).toEqual(['write a', 'write b']);
  });

  it('is given up when the source always moves', async () => {
    const { ends, count, writes } = scripted(
      Array.from({ length: 30 }, (_, at) => `${at}`),
      Array.from({ length: 30 }, () => undefined),
    );
    await expect(copyTag(ends)).rejects.toThrow(SourceMovingError);
    expect(count('source')).toBe(1 + MAX_ROUNDS);
    expect(writes()).toStrictEqual([]);
  });

  it('waits for the other read when one fails', async () => {
    const { ends, calls } = scripted(['a'], []);
    const readTarget = async () => {
      await new Promise(setImmediate);
      calls.push('target ended');
      return undefined;
    };
    const readSource = () => Promise.reject(new Error('gone'));
    await expect(copyTag({ ...ends, readSource, readTarget })).rejects.toThrow('gone');
    expect(calls).toEqual(['target ended']);
  });
});

/**
 * Every order in which the steps of two or three jobs, the moves of the source's tag and crashes between any two steps can
 * come, with the product's own loops. A move brings an event, and an event a job, which is delivered until it is acknowledged.
 */
describe('the protocol, exhaustively', () => {
  interface Scenario {
    /** What the source's tag holds, one after another. */
    readonly values: readonly number[];
    /** What the target's tag holds at first. */
    readonly held: number;
    /** For each job, the move that its event tells of. */
    readonly jobs: readonly number[];
    readonly crashes: number;
  }

  const withoutTheRule: TagLoop = async (ends) => {
    const [source, held] = await Promise.all([ends.readSource(), ends.readTarget()]);
    if (source === held) return;
    const latest = await ends.readSource();
    // What was superseded is left to the job of the newer event.
    if (latest === source) await ends.write(source);
  };

  const scenarios: readonly (Scenario & { name: string })[] = [
    { name: 'two jobs, a move and a crash', values: [1, 2], held: 0, jobs: [0, 1], crashes: 1 },
    { name: 'a job delivered twice', values: [1, 2], held: 0, jobs: [0, 0, 1], crashes: 0 },
    { name: 'a move and the way back', values: [1, 2, 1], held: 1, jobs: [1, 2], crashes: 1 },
  ];

  describe.each(loops)('of the tag of %s', (_, copyTag) => {
    it.each(scenarios)('always ends at the newest: $name', async (scenario) => {
      const { ends, bad } = await explore(scenario, copyTag);
      expect(ends).toBeGreaterThan(0);
      expect(bad).toBe(0);
    });
  });

  it.each(scenarios)('would not without the rule: $name', async (scenario) => {
    expect((await explore(scenario, withoutTheRule)).bad).toBeGreaterThan(0);
  });

  async function explore(scenario: Scenario, copyTag: TagLoop) {
    const seen = new Set<string>();
    const ends = new Map<string, boolean>();
    const paths: number[][] = [[]];
    for (let path = paths.pop(); path; path = paths.pop()) {
      const world = createWorld(scenario, copyTag);
      for (const choice of path) await take(world, choice);
      // Only the other choices replay the path: the first continues in this world.
      for (let key = world.key(); !seen.has(key); key = world.key()) {
        seen.add(key);
        const { length } = world.choices();
        if (length === 0) ends.set(key, world.isGood());
        for (let choice = 1; choice < length; choice++) paths.push([...path, choice]);
        path = [...path, 0];
        await take(world, 0);
      }
    }
    return { ends: ends.size, bad: [...ends.values()].filter((good) => !good).length };
  }

  async function take(world: ReturnType<typeof createWorld>, choice: number): Promise<void> {
    world.choices()[choice]?.();
    // Lets the jobs run until each waits for its next step.
    await new Promise(setImmediate);
  }

  interface Job {
    readonly event: number;
    state: 'waiting' | 'running' | 'acked';
    /** What this delivery knows, and the steps that it waits for: all that its future depends on. */
    knows: { source?: unknown; held?: unknown };
    pending: Map<string, () => void>;
  }

  function createWorld({ values, held, jobs: events, crashes }: Scenario, copyTag: TagLoop) {
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
      const step = (about: 'source' | 'held', name: string, act: () => string): Promise<string> =>
        new Promise((resolve) => {
          pending.set(name, () => {
            pending.delete(name);
            knows[about] = act();
            resolve(knows[about] as string);
          });
        });
      job.state = 'running';
      const done = copyTag({
        readSource: () => step('source', 'read source', () => `${values[moves] ?? 0}`),
        readTarget: () => step('held', 'read target', () => `${target}`),
        async write(wanted) {
          await step('held', `write ${wanted}`, () => {
            target = Number(wanted);
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
          // Two jobs for one event are interchangeable.
          jobs
            .map(({ event, state, knows, pending }) =>
              JSON.stringify([event, state, knows.source, knows.held, [...pending.keys()]]),
            )
            .sort(),
        ]),
    };
  }
});
