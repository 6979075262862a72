import { parseLogLine } from './log-entry';

describe('parseLogLine', () => {
  it('reads what a function logs for Cloud Logging, and keeps fields of its own', () => {
    const line = JSON.stringify({ severity: 'INFO', message: 'Copied', bytes: 3, requests: 9 });
    expect(parseLogLine('copyArtifact', line)).toEqual({
      function: 'copyArtifact',
      severity: 'INFO',
      message: 'Copied',
      bytes: 3,
      requests: 9,
    });
  });

  it.each([
    ['a greeting', 'Serving function...'],
    ['a line that only looks like JSON', '{ not json'],
    ['JSON of something else', '{"bytes": 3}'],
    ['a field of another type', '{"severity":"INFO","message":"x","bytes":"3"}'],
  ])('leaves out %s', (_, line) => {
    expect(parseLogLine('planCopies', line)).toBeUndefined();
  });
});
