import { createCoalescer, type ChangeWindow } from './coalescer';

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
