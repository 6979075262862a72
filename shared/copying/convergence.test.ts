import { askTwice } from './convergence';

const gone = new Error('gone');
const isGone = (error: unknown) => error === gone;

it.each([
  ['once where it is there', [], 1],
  ['again where it is said to be gone', [gone], 2],
])('asks %s', async (_, failures, asked) => {
  const left = [...failures];
  const ask = jest.fn(() => {
    const failure = left.shift();
    return failure ? Promise.reject(failure) : Promise.resolve('there');
  });
  expect(await askTwice(ask, isGone)).toBe('there');
  expect(ask).toHaveBeenCalledTimes(asked);
});

it.each([
  ['believes what is said twice', gone, 2],
  ['does not ask again after another failure', new Error('denied'), 1],
])('%s', async (_, failure, asked) => {
  const ask = jest.fn(() => Promise.reject(failure));
  await expect(askTwice(ask, isGone)).rejects.toBe(failure);
  expect(ask).toHaveBeenCalledTimes(asked);
});
