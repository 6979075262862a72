import { setImmediate } from 'node:timers/promises';
import {
  createCoalescer,
  createSharedWork,
  createSingleFlight,
  type ChangeWindow,
} from './sharing';

describe('a single flight', () => {
  it('is one for all who ask for the same meanwhile', async () => {
    const once = createSingleFlight<string>();
    const begun: string[] = [];
    const task = (name: string) => async () => {
      begun.push(name);
      await setImmediate();
      return name;
    };
    const asked = [once('a', task('1')), once('a', task('2')), once('b', task('3'))];
    expect(await Promise.all(asked)).toEqual(['1', '1', '3']);
    expect(begun).toEqual(['1', '3']);
    expect(await once('a', task('4'))).toBe('4');
  });

  it('that fails does so for all, and is not the last', async () => {
    const once = createSingleFlight<string>();
    const fail = () => Promise.reject(new Error('no'));
    const asked = [once('a', fail), once('a', () => Promise.resolve('never'))];
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await once('a', () => Promise.resolve('again'))).toBe('again');
  });
});

describe('shared work', () => {
  const never = new AbortController().signal;

  it('lets one do the work that several want', async () => {
    const uploads = createSharedWork();
    let runs = 0;
    const work = async () => {
      runs++;
      await setImmediate();
    };
    const own = await Promise.all([
      uploads.run('blob', never, work),
      uploads.run('blob', never, work),
      uploads.run('other', never, work),
    ]);
    expect(own).toEqual([true, false, true]);
    expect(runs).toBe(2);
  });

  it('lets the next one try when one fails', async () => {
    const uploads = createSharedWork();
    const failing = uploads.run('blob', never, () => Promise.reject(new Error('mine alone')));
    const second = uploads.run('blob', never, () => Promise.resolve());
    await expect(failing).rejects.toThrow('mine alone');
    expect(await second).toBe(true);
  });

  it('forgets what is done', async () => {
    const uploads = createSharedWork();
    await uploads.run('blob', never, () => Promise.resolve());
    expect(await uploads.run('blob', never, () => Promise.resolve())).toBe(true);
  });

  it('waits no longer than its signal allows', async () => {
    const uploads = createSharedWork();
    const stop = new AbortController();
    void uploads.run('blob', never, () => new Promise(() => undefined));
    const waiting = uploads.run('blob', stop.signal, () => Promise.resolve());
    stop.abort(new Error('out of time'));
    await expect(waiting).rejects.toThrow('out of time');
  });
});

describe('a coalescer', () => {
  let time: number;
  let coalescer: ReturnType<typeof createCoalescer>;
  beforeEach(() => {
    time = 100_000;
    coalescer = createCoalescer({ now: () => time });
  });

  const at = (from: number, until = from, key = 'r'): ChangeWindow => ({
    key,
    from: new Date(from),
    until: new Date(until),
  });
  /** A listing that ends on request. */
  function slowListing() {
    let end!: (found: string) => void;
    let fail!: (error: Error) => void;
    const promise = new Promise<string>((resolve, reject) => ([end, fail] = [resolve, reject]));
    return { list: jest.fn(() => promise), end, fail };
  }
  const quick = () => jest.fn(() => Promise.resolve('found'));

  it('lists the location', async () => {
    await expect(coalescer.once(at(90_000), quick())).resolves.toBe('found');
  });

  it('skips changes from two seconds before its last listing', async () => {
    await coalescer.once(at(90_000), quick());
    const again = quick();
    await expect(coalescer.once(at(90_000, 98_000), again)).resolves.toBeUndefined();
    await expect(coalescer.once(at(88_000), again)).resolves.toBeUndefined();
    expect(again).not.toHaveBeenCalled();
  });

  it.each([
    ['may have changed since', at(90_000, 98_001)],
    ['changed before what was listed for', at(87_999)],
    ['changed elsewhere', at(90_000, 90_000, 'other')],
  ])('lists again for %s', async (_what, change) => {
    await coalescer.once(at(90_000), quick());
    await expect(coalescer.once(change, quick())).resolves.toBe('found');
  });

  it('lists once for all earlier changes that arrive during a listing', async () => {
    const { list, end } = slowListing();
    const first = coalescer.once(at(90_000), list);
    const others = quick();
    const waiting = [1, 2, 3].map((more) => coalescer.once(at(90_000 + more), others));
    end('found');
    await expect(first).resolves.toBe('found');
    await expect(Promise.all(waiting)).resolves.toStrictEqual([undefined, undefined, undefined]);
    expect(others).not.toHaveBeenCalled();
  });

  it('lists once more for all changes made during a listing', async () => {
    const { list, end } = slowListing();
    const first = coalescer.once(at(90_000), list);
    const others = quick();
    const waiting = [1, 2, 3].map((more) => coalescer.once(at(101_000 + more), others));
    time = 110_000;
    end('found');
    await first;
    await expect(Promise.all(waiting)).resolves.toStrictEqual(['found', undefined, undefined]);
    expect(others).toHaveBeenCalledTimes(1);
  });

  it('fails every caller that waits for a failed listing, and lists again for the next caller', async () => {
    const { list, fail } = slowListing();
    const first = coalescer.once(at(90_000), list);
    const waiting = coalescer.once(at(90_000), quick());
    fail(new Error('no access'));
    await expect(first).rejects.toThrow('no access');
    await expect(waiting).rejects.toThrow('no access');
    await expect(coalescer.once(at(90_000), quick())).resolves.toBe('found');
  });
});
