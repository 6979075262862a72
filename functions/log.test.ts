import { openLog } from './log';
import { systemClock } from '../shared/system/clock';

function written(act: (logFor: ReturnType<typeof openLog>) => void): unknown[] {
  const lines: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    lines.push(String(chunk));
    return true;
  });
  act(
    openLog(
      { LOG_LEVEL: 'info', DEAD_LETTER_TOPIC: 'projects/vendor/topics/dead-letters' },
      systemClock,
    ),
  );
  write.mockRestore();
  return lines.map((line) => JSON.parse(line) as unknown);
}

describe('the log', () => {
  it('writes one JSON object a line, as Cloud Logging reads it', () => {
    const lines = written((logFor) => {
      const log = logFor({});
      log.debug({}, 'not at this level');
      log.info({ target: 'acme' }, 'Copied');
      log.warn({}, 'Moved to the retry queue');
      log.error({ error: new Error('oh') }, 'Dead-lettered');
    });
    expect(lines).toMatchObject([
      { severity: 'INFO', message: 'Copied', target: 'acme' },
      { severity: 'WARNING', message: 'Moved to the retry queue' },
      { severity: 'ERROR', message: 'Dead-lettered', error: { message: 'oh' } },
    ]);
  });

  it('carries the trace of the event', () => {
    const trace = 'a'.repeat(32);
    const span = 'b'.repeat(16);
    const lines = written((logFor) => {
      logFor({ traceparent: `00-${trace}-${span}-01` }).info({}, 'x');
    });
    expect(lines).toMatchObject([
      {
        'logging.googleapis.com/trace': `projects/vendor/traces/${trace}`,
        'logging.googleapis.com/spanId': span,
        'logging.googleapis.com/trace_sampled': true,
      },
    ]);
  });

  it.each([
    [undefined],
    [null],
    ['x'],
    [{ traceparent: 7 }],
    [{ traceparent: { toString: null, valueOf: null } }],
    [{ traceparent: '00-x-y-01' }],
  ])('carries none for %j', (event) => {
    const [line] = written((logFor) => logFor(event).info({}, 'x'));
    expect(line).not.toHaveProperty(['logging.googleapis.com/trace']);
  });
});
