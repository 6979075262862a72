import { all, both } from './both';

describe.each<[string, (first: Promise<number>, second: Promise<number>) => Promise<number[]>]>([
  ['two', both],
  ['any number', (...parts) => all(parts)],
])('%s at once', (_, wait) => {
  it('give all that they come to, in their order', async () => {
    const late = new Promise<number>((resolve) => setImmediate(() => resolve(1)));
    expect(await wait(late, Promise.resolve(2))).toEqual([1, 2]);
  });

  it.each([
    ['first', 0],
    ['second', 1],
  ])('fail when the %s does, and not before the other one has ended', async (_which, at) => {
    let end: (value: number) => void = () => undefined;
    const other = new Promise<number>((resolve) => (end = resolve));
    const parts: [Promise<number>, Promise<number>] = [other, other];
    parts[at] = Promise.reject(new Error('gone'));
    let hasFailed = false;
    const waiting = wait(...parts).catch((error: unknown) => {
      hasFailed = true;
      return error;
    });
    await new Promise(setImmediate);
    expect(hasFailed).toBe(false);
    end(1);
    expect(await waiting).toEqual(new Error('gone'));
  });
});
