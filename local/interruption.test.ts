import { EventEmitter } from 'node:events';
import { interruption } from './interruption';

function waiting() {
  const signals = new EventEmitter();
  const exits: number[] = [];
  const clock = { ms: 0 };
  const exit = (code: number): void => void exits.push(code);
  const ended = interruption({ signals, exit, now: () => clock.ms });
  return { signals, exits, clock, ended };
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('is told by %s', async (signal) => {
  const { signals, exits, ended } = waiting();
  signals.emit(signal);
  await ended;
  expect(exits).toEqual([]);
});

it('lets the process clean up when one Ctrl-C arrives twice, and waits for nothing when it is asked again', () => {
  const { signals, exits, clock } = waiting();
  signals.emit('SIGINT');
  clock.ms = 50;
  signals.emit('SIGINT');
  expect(exits).toEqual([]);
  clock.ms = 2000;
  signals.emit('SIGINT');
  expect(exits).toEqual([130]);
});
