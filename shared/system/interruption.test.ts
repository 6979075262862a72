import { EventEmitter } from 'node:events';
import { interruption } from './interruption';

function waiting() {
  const signals = new EventEmitter();
  const exits: number[] = [];
  const clock = { ms: 0 };
  const exit = (code: number): void => void exits.push(code);
  const told = interruption({ signals, exit, now: () => clock.ms });
  return { signals, exits, clock, told };
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('is reported by %s', async (signal) => {
  const { signals, exits, told } = waiting();
  expect(told.signal.aborted).toBe(false);
  signals.emit(signal);
  await told.requested;
  expect(told.signal.aborted).toBe(true);
  expect(exits).toStrictEqual([]);
});

it('lets the process clean up when one Ctrl-C arrives twice, and waits for nothing when it is asked again', () => {
  const { signals, exits, clock } = waiting();
  signals.emit('SIGINT');
  clock.ms = 50;
  signals.emit('SIGINT');
  expect(exits).toStrictEqual([]);
  clock.ms = 2000;
  signals.emit('SIGINT');
  expect(exits).toEqual([130]);
});

it('leaves the signals to others once it is released', () => {
  const { signals, told } = waiting();
  told.release();
  expect(signals.eventNames()).toStrictEqual([]);
});
