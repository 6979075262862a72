import { createLooks, type Occasion } from './looks';

let time: number;
let looks: ReturnType<typeof createLooks>;
beforeEach(() => {
  time = 100_000;
  looks = createLooks({ now: () => time });
});

const at = (from: number, until = from, key = 'r'): Occasion => ({
  key,
  from: new Date(from),
  until: new Date(until),
});
/** A look that ends when it is told to. */
function slowLook() {
  let end!: (found: string) => void;
  let fail!: (error: Error) => void;
  const promise = new Promise<string>((resolve, reject) => ([end, fail] = [resolve, reject]));
  return { look: jest.fn(() => promise), end, fail };
}
const quick = () => jest.fn(() => Promise.resolve('found'));

it('looks', async () => {
  await expect(looks.once(at(90_000), quick())).resolves.toBe('found');
});

it('does not look again for what had happened two seconds before it looked', async () => {
  await looks.once(at(90_000), quick());
  const again = quick();
  await expect(looks.once(at(90_000, 98_000), again)).resolves.toBeUndefined();
  await expect(looks.once(at(88_000), again)).resolves.toBeUndefined();
  expect(again).not.toHaveBeenCalled();
});

it.each([
  ['may have happened since', at(90_000, 98_001)],
  ['happened before what was looked for', at(87_999)],
  ['happened elsewhere', at(90_000, 90_000, 'other')],
])('looks again for what %s', async (_what, occasion) => {
  await looks.once(at(90_000), quick());
  await expect(looks.once(occasion, quick())).resolves.toBe('found');
});

it('looks once for all that come while it looks, and had happened before', async () => {
  const { look, end } = slowLook();
  const first = looks.once(at(90_000), look);
  const others = quick();
  const waiting = [1, 2, 3].map((more) => looks.once(at(90_000 + more), others));
  end('found');
  await expect(first).resolves.toBe('found');
  await expect(Promise.all(waiting)).resolves.toEqual([undefined, undefined, undefined]);
  expect(others).not.toHaveBeenCalled();
});

it('looks once more for all that come while it looks, and happened meanwhile', async () => {
  const { look, end } = slowLook();
  const first = looks.once(at(90_000), look);
  const others = quick();
  const waiting = [1, 2, 3].map((more) => looks.once(at(101_000 + more), others));
  time = 110_000;
  end('found');
  await first;
  await expect(Promise.all(waiting)).resolves.toEqual(['found', undefined, undefined]);
  expect(others).toHaveBeenCalledTimes(1);
});

it('fails all who wait for a look that fails, and looks again for whoever comes then', async () => {
  const { look, fail } = slowLook();
  const first = looks.once(at(90_000), look);
  const waiting = looks.once(at(90_000), quick());
  fail(new Error('no access'));
  await expect(first).rejects.toThrow('no access');
  await expect(waiting).rejects.toThrow('no access');
  await expect(looks.once(at(90_000), quick())).resolves.toBe('found');
});
