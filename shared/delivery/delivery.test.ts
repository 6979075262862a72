import { CopyAbortedError, SourceGoneError } from '../copy/errors';
import { parseCopyJob, type CopyJob, type OutgoingMessage } from '../jobs/copy-job';
import { JobRefusedError } from '../jobs/job-refused-error';
import { digestOf } from '../oci/digest';
import { NetworkError } from '../oci/errors';
import { formatArtifact } from '../rules/artifact';
import { createDelivery, RedeliverError, type Done, type Lanes, type Log } from './delivery';
import { MAX_CONTINUATIONS, MAX_STALLS } from './verdict';

const topics = { fast: 'projects/p/topics/copy-jobs', slow: 'projects/p/topics/copy-retries' };
const deadLetterTopic = 'projects/p/topics/dead-letters';
const now = new Date('2026-11-24T12:00:00Z');
const published = '2026-11-24T11:59:00.000Z';
const done: Done = {
  outcome: 'copied',
  line: 'copied it',
  message: 'Copied',
  fields: { bytes: 7 },
};
const offline = new NetworkError('GET', 'https://r/', new Error('no route'));

function delivering(run: () => Promise<Done>, lanes: Lanes | null = topics) {
  const sent: { topic: string; message: OutgoingMessage }[] = [];
  const lines: Record<string, unknown>[] = [];
  const write = (severity: string) => (fields: object, message: string) => {
    lines.push({ severity, message, ...fields });
  };
  const log: Log = { info: write('INFO'), warn: write('WARNING'), error: write('ERROR') };
  const state = { publishFails: false };
  const deliver = createDelivery<CopyJob>({
    function: 'copyArtifact',
    work: {
      parse: parseCopyJob,
      describe: ({ source, target }) => ({ source: formatArtifact(source), target }),
      run,
    },
    publish: (topic, messages) => {
      if (state.publishFails) return Promise.reject(new Error('topic not found'));
      sent.push(...messages.map((message) => ({ topic, message })));
      return Promise.resolve();
    },
    deadLetterTopic,
    ...(lanes && { lanes }),
    graceSeconds: 600,
    clock: { now: () => now.getTime(), monotonic: () => 0 },
    logFor: () => log,
  });
  return { deliver, sent, lines, state };
}

function eventOf(body: unknown, options: { topic?: string; attributes?: object } = {}): unknown {
  const data = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const { topic = topics.fast, attributes = {} } = options;
  return {
    source: `//pubsub.googleapis.com/${topic}`,
    data: {
      message: {
        data: data.toString('base64'),
        attributes,
        messageId: '5',
        publishTime: published,
      },
    },
  };
}

const job = { source: 'gcr.io/v/api:1', target: 'acme' };

describe('a delivery', () => {
  it('is acknowledged with one plain line, and logged with what was done', async () => {
    const { deliver, lines } = delivering(() => Promise.resolve(done));
    expect(await deliver(eventOf(job))).toBe('copied it');
    expect(lines).toEqual([
      {
        severity: 'INFO',
        message: 'Copied',
        source: 'gcr.io/v/api:1',
        target: 'acme',
        bytes: 7,
        outcome: 'copied',
        seconds: 0,
        age: 60,
      },
    ]);
  });

  it.each([
    ['that is no job', eventOf('{'), '{'],
    ['that holds no message', {}, '{}'],
  ])('%s is dead-lettered with reason, remedy and what came', async (_name, event, data) => {
    const { deliver, sent, lines } = delivering(() => Promise.resolve(done));
    expect(await deliver(event)).toMatch(
      /^dead-lettered: message .*: invalid-message: .*publish it/,
    );
    expect(sent).toHaveLength(1);
    expect(sent[0]?.topic).toBe(deadLetterTopic);
    expect(Buffer.from(sent[0]?.message.data ?? []).toString()).toBe(data);
    expect(sent[0]?.message.attributes).toMatchObject({
      function: 'copyArtifact',
      reason: 'invalid-message',
    });
    expect(lines).toMatchObject([{ severity: 'ERROR', message: 'Given up' }]);
  });

  it('goes to the slow lane after a transient failure, with its age', async () => {
    const { deliver, sent, lines } = delivering(() => Promise.reject(offline));
    expect(await deliver(eventOf(job))).toMatch(/^to be tried again: gcr.io\/v\/api:1: network: /);
    expect(sent).toMatchObject([
      { topic: topics.slow, message: { attributes: { since: published } } },
    ]);
    expect(lines).toMatchObject([{ severity: 'WARNING', outcome: 'retrying', reason: 'network' }]);
  });

  it.each([
    ['on the slow lane', topics.slow, topics],
    ['of a function without lanes', topics.fast, null],
  ])('%s is refused after a transient failure', async (_name, topic, lanes) => {
    const { deliver, sent } = delivering(() => Promise.reject(offline), lanes);
    await expect(deliver(eventOf(job, { topic }))).rejects.toThrow(RedeliverError);
    expect(sent).toEqual([]);
  });

  it('is refused after a bug, which is logged with its stack', async () => {
    const bug = new TypeError('x is undefined');
    const { deliver, lines, sent } = delivering(() => Promise.reject(bug));
    await expect(deliver(eventOf(job))).rejects.toThrow('bug: x is undefined');
    expect(lines).toMatchObject([{ severity: 'ERROR', error: bug, outcome: 'refused' }]);
    expect(sent).toEqual([]);
  });

  it('is withdrawn quietly when the source has nothing any more', async () => {
    const { deliver, sent } = delivering(() => Promise.reject(new SourceGoneError('gcr.io/v/a:1')));
    const attributes = { since: '2026-11-24T11:00:00Z' };
    expect(await deliver(eventOf(job, { attributes }))).toMatch(/^withdrawn: /);
    expect(sent).toEqual([]);
  });

  it('hands unfinished work on, and counts', async () => {
    const advanced = new CopyAbortedError('r/a:1', 2, new Error('deadline'));
    const { deliver, sent } = delivering(() => Promise.reject(advanced));
    const topic = topics.slow;
    expect(await deliver(eventOf(job, { topic, attributes: { continued: '1' } }))).toMatch(
      /^to be continued: /,
    );
    expect(sent).toMatchObject([
      { topic: topics.fast, message: { attributes: { since: published, continued: '2' } } },
    ]);
    const attributes = { continued: String(MAX_CONTINUATIONS) };
    expect(await deliver(eventOf(job, { attributes }))).toMatch(/^dead-lettered: .*too-slow/);
    const alone = delivering(() => Promise.reject(advanced), null);
    await expect(alone.deliver(eventOf(job))).rejects.toThrow(RedeliverError);
  });

  it('hands on what the attempt leaves for the next one', async () => {
    class Stopped extends CopyAbortedError {
      override readonly handOver = { rewriteToken: '7:1:next' };
    }
    const stopped = new Stopped('gs://b/a', 3, new Error('deadline'));
    const { deliver, sent } = delivering(() => Promise.reject(stopped));
    await deliver(eventOf(job, { attributes: { rewriteToken: '7:1:first' } }));
    expect(sent).toMatchObject([
      {
        topic: topics.fast,
        message: { attributes: { since: published, continued: '1', rewriteToken: '7:1:next' } },
      },
    ]);
  });

  it('tries again where one blob took the whole time, without a refusal, and gives up in the end', async () => {
    const blob = { mediaType: 'x', digest: digestOf(Buffer.from('x')), size: 7 };
    const stalled = new CopyAbortedError('r/a:1', 0, new Error('deadline'), blob);
    const { deliver, sent } = delivering(() => Promise.reject(stalled));
    const attributes = { stalled: '1', continued: '3' };
    const event = eventOf(job, { topic: topics.slow, attributes });
    expect(await deliver(event)).toMatch(/^to be tried again, blob by blob: /);
    expect(sent).toMatchObject([
      { topic: topics.slow, message: { attributes: { stalled: '2', continued: '3' } } },
    ]);
    const last = eventOf(job, { attributes: { stalled: String(MAX_STALLS) } });
    expect(await deliver(last)).toMatch(/^dead-lettered: .*too-slow/);
    const alone = delivering(() => Promise.reject(stalled), null);
    await expect(alone.deliver(eventOf(job))).rejects.toThrow(RedeliverError);
  });

  it('answers in one plain line whatever the message holds', async () => {
    const typed = { source: { registry: 'r.io', repository: 'a' }, target: 'acme', repair: false };
    const { deliver } = delivering(() =>
      Promise.reject(new JobRefusedError(typed, 'no target "a\r\nb"')),
    );
    expect(await deliver(eventOf(job))).toMatch(/^dead-lettered: .* no target "a\\u000d\\u000ab"/);
    const source = 'gcr.io/a\r\nb:1';
    expect(await deliver(eventOf({ ...job, source }))).toMatch(/^dead-lettered: [^\r\n]*$/);
  });

  it('leaves a message to Pub/Sub that is too large for a dead letter', async () => {
    const { deliver, sent, lines } = delivering(() => Promise.resolve(done));
    await expect(deliver(eventOf('x'.repeat(9_999_900)))).rejects.toThrow(RedeliverError);
    expect(sent).toEqual([]);
    expect(lines).toMatchObject([
      {
        reason: 'invalid-message',
        cause: { message: `the message is too large for ${deadLetterTopic}` },
      },
    ]);
  });

  it.each([
    ['a dead letter', '{'],
    ['a retry', job],
  ])('is refused when %s cannot be published', async (_name, body) => {
    const { deliver, state, lines } = delivering(() => Promise.reject(offline));
    state.publishFails = true;
    await expect(deliver(eventOf(body))).rejects.toThrow(RedeliverError);
    expect(lines).toMatchObject([{ message: 'Cannot be published, to be delivered again' }]);
  });

  it('prints no error and no stack where Pub/Sub is to deliver again', () => {
    const error = new RedeliverError('later', { cause: offline });
    expect(error.stack).toBe('{"severity":"DEBUG","message":"later"}');
  });
});
