import { readArguments, UsageError } from './arguments';

describe('readArguments', () => {
  it.each([
    [[], { once: false, timeoutSeconds: 60 }],
    [['--once', '--timeout', '5'], { once: true, timeoutSeconds: 5 }],
    [['--rules', 'mine.yaml'], { once: false, timeoutSeconds: 60, rules: 'mine.yaml' }],
    [['--port=0'], { once: false, timeoutSeconds: 60, port: 0 }],
    [['--help'], 'help'],
    [['-h', '--once'], 'help'],
  ])('reads %j', (args, options) => {
    expect(readArguments(args)).toEqual(options);
  });

  it.each([
    [['--twice'], /Unknown option '--twice'/],
    [['here'], /Unexpected argument 'here'/],
    [['--port', 'http'], /--port http is not a number from 0 to 65535/],
    [['--port', ''], /--port/],
    [['--timeout', '0'], /--timeout 0 is not a number from 1/],
    [['--timeout', '1.5'], /--timeout 1.5/],
  ])('refuses %j', (args, problem) => {
    const act = () => readArguments(args);
    expect(act).toThrow(UsageError);
    expect(act).toThrow(problem);
  });
});
