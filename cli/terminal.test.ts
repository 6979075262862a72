import { captureTerminal } from '../test/support/terminal';
import { createCount, createProgress } from './progress';
import { createPaint, widthOf } from './terminal';

const terminal = (options: Parameters<typeof captureTerminal>[1], env = {}) =>
  captureTerminal(env, options);

it.each([
  [{ isTTY: true, columns: 80 }, 80],
  [{ isTTY: true, columns: 0 }, undefined],
  [{ isTTY: true }, undefined],
  [{ isTTY: false, columns: 80 }, undefined],
])('a table at %j may be %p wide', (options, width) => {
  expect(widthOf(terminal(options).terminal.stdout)).toBe(width);
});

it.each([
  ['a terminal', { isTTY: true }, {}, true],
  ['a dumb one', { isTTY: true }, { TERM: 'dumb' }, false],
  ['a pipe', { isTTY: false }, {}, false],
])('%s has bars and colours, or neither', (_, options, env, isLive) => {
  const { terminal: one, stderr } = terminal(options, env);
  expect(createPaint(one.stdout, env)('red', 'x') !== 'x').toBe(isLive);
  const [progress, count] = [createProgress(one), createCount(one, 2, 'targets')];
  progress.update({ done: 1, total: 2 });
  count.update(1);
  progress.stop();
  count.stop();
  expect(stderr() !== '').toBe(isLive);
});
