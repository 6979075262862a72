import { CopyAbortedError, HeldError, SourceGoneError } from '../copying/errors';
import { parseCopyJob } from '../kinds/messages';
import { type CopyJob, type OutgoingMessage, JobRefusedError } from '../jobs/copy-job';
import { digestOf } from '../oci/digest';
import { NetworkError } from '../oci/http/errors';
import { InvalidReferenceError } from '../oci/reference';
import { formatArtifact } from '../kinds/references';
import { createDelivery, type Task, type WorkResult } from './delivery';
import { FAILURES } from './failures';
import type { Release } from './release-event';
import { RedeliverError, type Queues, type Log } from './outbox';
import { MAX_CONTINUATIONS, MAX_STALLS } from './classify-failure';
import { WorkError } from './work-error';

const topics = { main: 'projects/p/topics/copy-jobs', retry: 'projects/p/topics/copy-retries' };
const deadLetterTopic = 'projects/p/topics/dead-letters';
const GRACE = 600;
const now = new Date('2026-11-24T12:00:00Z');
const published = '2026-11-24T11:59:00.000Z';
const done: WorkResult = {
  outcome: 'copied',
  line: 'copied it',
  message: 'Copied',
  fields: { bytes: 7 },
};
const offline = new NetworkError('GET', 'https://r/', new Error('no route'));

function delivering(
  run: Task['run'],
  queues: Queues | null = topics,
  clock: { now: () => number; monotonic: () => number } = {
    now: () => now.getTime(),
    monotonic: () => 0,
  },
  telling?: Pick<Task, 'holds'> & { releaseEventsTopic: string; release: Release },
) {
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
      open: ({ source, target }) => ({
        subject: { source: formatArtifact(source), target },
        run,
        ...telling,
      }),
    },
    releaseEventsTopic: telling?.releaseEventsTopic,
    publish: (topic, messages) => {
      if (state.publishFails) return Promise.reject(new Error('topic not found'));
      sent.push(...messages.map((message) => ({ topic, message })));
      return Promise.resolve();
    },
    deadLetterTopic,
    ...(queues && { queues }),
    graceSeconds: GRACE,
    clock,
    logFor: () => log,
  });
  return { deliver, sent, lines, state };
}

function eventOf(body: unknown, options: { topic?: string; attributes?: object } = {}): unknown {
  const data = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const { topic = topics.main, attributes = {} } = options;
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
/** The log fields of a delivery that fails with `offline`. */
const reported = {
  ...job,
  reason: 'network',
  error: offline.message,
  remedy: FAILURES.network.remedy,
  messageId: '5',
  age: 60,
};

describe('a delivery of a message from another publisher', () => {
  const retry = 'projects/p/topics/plan-retries';
  const forged = {
    since: '2026-01-01T00:00:00.000Z',
    unconfirmedSince: '2026-01-01T00:00:00.000Z',
    continued: '19',
    stalled: '2',
    ...Object.fromEntries(Array.from({ length: 90 }, (_, at) => [`rewriteToken${at}`, 'x'])),
  };

  it('starts the history at this delivery and ignores the attributes', async () => {
    const { deliver, sent, lines } = delivering(() => Promise.reject(offline), { retry });
    const topic = 'projects/p/topics/gcr';
    const attributes = { ...forged, eventType: 'OBJECT_FINALIZE' };
    expect(await deliver(eventOf(job, { topic, attributes }))).toMatch(/^will be retried: /);
    expect(lines).toMatchObject([{ age: 60, outcome: 'retrying' }]);
    expect(sent.map((one) => [one.topic, one.message.attributes])).toEqual([
      [retry, { eventType: 'OBJECT_FINALIZE', since: published }],
    ]);
  });

  it('keeps the history on its own retry queue', async () => {
    const { deliver, lines } = delivering(() => Promise.reject(offline), { retry });
    const attributes = { since: '2026-11-24T11:50:00.000Z' };
    await expect(deliver(eventOf(job, { topic: retry, attributes }))).rejects.toThrow(
      RedeliverError,
    );
    expect(lines).toMatchObject([{ age: 600, outcome: 'refused' }]);
  });

  it('is refused if its topic is unknown, to prevent a loop', async () => {
    const { deliver, sent } = delivering(() => Promise.reject(offline), { retry });
    await expect(deliver(eventOf(job, { topic: '' }))).rejects.toThrow(RedeliverError);
    expect(sent).toStrictEqual([]);
  });
});

describe('a delivery', () => {
  it('is acknowledged with one plain line and logged with its result', async () => {
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
  ])(
    '%s is dead-lettered with reason, remedy and the original message',
    async (_name, event, data) => {
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
      expect(lines).toEqual([
        {
          severity: 'ERROR',
          message: 'Dead-lettered',
          reason: 'invalid-message',
          error: expect.any(String) as string,
          remedy: FAILURES['invalid-message'].remedy,
          messageId: data === '{' ? '5' : '',
          age: data === '{' ? 60 : 0,
          outcome: 'dead-lettered',
        },
      ]);
    },
  );

  it('logs its duration and the age of its job', async () => {
    let seconds = 0;
    const clock = { now: () => now.getTime(), monotonic: () => 1000 * (seconds += 2) };
    const { deliver, lines } = delivering(() => Promise.resolve(done), topics, clock);
    await deliver(eventOf(job, { attributes: { since: '2026-11-24T11:58:30Z' } }));
    expect(lines).toMatchObject([{ seconds: 2, age: 90 }]);
  });

  it('moves to the retry queue after a transient failure, with its age', async () => {
    const { deliver, sent, lines } = delivering(() => Promise.reject(offline));
    expect(await deliver(eventOf(job))).toMatch(/^will be retried: gcr.io\/v\/api:1: network: /);
    expect(sent).toMatchObject([
      { topic: topics.retry, message: { attributes: { since: published } } },
    ]);
    expect(sent[0]?.message.attributes).not.toHaveProperty('unconfirmedSince');
    expect(lines).toEqual([
      {
        severity: 'WARNING',
        message: 'Moved to the retry queue',
        ...reported,
        outcome: 'retrying',
      },
    ]);
  });

  it.each([
    ['on the retry queue', topics.retry, topics],
    ['of a function without queues', topics.main, null],
  ])('%s is refused after a transient failure', async (_name, topic, queues) => {
    const { deliver, lines, sent } = delivering(() => Promise.reject(offline), queues);
    await expect(deliver(eventOf(job, { topic }))).rejects.toThrow(RedeliverError);
    expect(sent).toStrictEqual([]);
    expect(lines).toEqual([
      { severity: 'WARNING', message: 'Redelivery requested', ...reported, outcome: 'refused' },
    ]);
  });

  it('is refused after an unexpected error, which is logged with its stack', async () => {
    const bug = new TypeError('x is undefined');
    const { deliver, lines, sent } = delivering(() => Promise.reject(bug));
    await expect(deliver(eventOf(job))).rejects.toThrow('bug: x is undefined');
    expect(lines).toEqual([
      {
        severity: 'ERROR',
        message: 'Unexpected. Redelivery requested',
        ...reported,
        reason: 'bug',
        error: bug,
        remedy: FAILURES.bug.remedy,
        outcome: 'refused',
      },
    ]);
    expect(sent).toStrictEqual([]);
  });

  it('is withdrawn without an alert if the source has nothing after a grace period', async () => {
    const gone = new SourceGoneError('gcr.io/v/a:1');
    const { deliver, lines, sent } = delivering(() => Promise.reject(gone));
    const since = (time: string) => ({ attributes: { since: `2026-11-24T${time}.000Z` } });
    expect(await deliver(eventOf(job, since('11:50:01')))).toMatch(/^will be retried: /);
    sent.splice(0);
    expect(await deliver(eventOf(job, since('11:50:00')))).toMatch(/^withdrawn: /);
    expect(sent).toStrictEqual([]);
    expect(lines.slice(1)).toEqual([
      {
        severity: 'INFO',
        message: 'Source not found',
        ...reported,
        age: 600,
        reason: 'source-gone',
        error: gone.message,
        remedy: FAILURES['source-gone'].remedy,
        outcome: 'withdrawn',
      },
    ]);
  });

  it('is held after a grace period if it may not be released yet', async () => {
    const missing = new HeldError('images-missing', 'gcr.io/v/a:1 names what is not there');
    const { deliver, lines, sent } = delivering(() => Promise.reject(missing));
    const since = (time: string) => ({ attributes: { since: `2026-11-24T${time}.000Z` } });
    expect(await deliver(eventOf(job, since('11:50:01')))).toMatch(/^will be retried: /);
    expect(sent.splice(0)).toMatchObject([{ topic: topics.retry }]);
    const { remedy } = FAILURES['images-missing'];
    const line = await deliver(eventOf(job, since('11:50:00')));
    expect(line).toMatch(/^held: .*: images-missing: gcr\.io\/v\/a:1 names what is not there\. /);
    expect(line).toContain(remedy);
    expect(sent).toStrictEqual([]);
    const held = { reason: 'images-missing', error: missing.message, remedy, outcome: 'held' };
    expect(lines.slice(1)).toMatchObject([{ severity: 'WARNING', ...reported, age: 600, ...held }]);
  });

  it('waits after a grace period for an earlier stage, without an alert', async () => {
    const early = new HeldError('stage-not-passed', 'gcr.io/v/a@1 waits');
    const { deliver, lines, sent } = delivering(() => Promise.reject(early));
    const since = (time: string) => ({ attributes: { since: `2026-11-24T${time}.000Z` } });
    expect(await deliver(eventOf(job, since('11:50:01')))).toMatch(/^will be retried: /);
    expect(sent.splice(0)).toMatchObject([{ topic: topics.retry }]);
    const line = await deliver(eventOf(job, since('11:50:00')));
    expect(line).toMatch(/^waiting: .*: stage-not-passed: /);
    expect(sent).toStrictEqual([]);
    expect(lines.slice(1)).toMatchObject([
      { severity: 'INFO', reason: 'stage-not-passed', outcome: 'waiting' },
    ]);
  });

  it('reports a held release with the digest at the destination, and reads that digest after it began', async () => {
    const missing = new HeldError('images-missing', 'gcr.io/v/a:1 names what is not there');
    const release = { ...job, rule: 'all', kind: 'image', destination: 'gcr.io/acme/api:1' };
    const releaseEventsTopic = 'projects/p/topics/release-events';
    // Other deliveries run during this read.
    let time = now.getTime();
    const run = () => {
      time += 24_000;
      return Promise.reject(missing);
    };
    const { deliver, sent } = delivering(
      run,
      topics,
      { now: () => time, monotonic: () => 0 },
      { releaseEventsTopic, release, holds: () => Promise.resolve('sha256:before') },
    );
    const since = (time: string) => ({ attributes: { since: `2026-11-24T${time}.000Z` } });
    await deliver(eventOf(job, since('11:51:00')));
    expect(sent.splice(0)).toMatchObject([{ topic: topics.retry }]);
    await deliver(eventOf(job, since('11:50:00')));
    expect(sent.map(({ topic }) => topic)).toEqual([releaseEventsTopic]);
    expect(JSON.parse(Buffer.from(sent[0]!.message.data).toString())).toMatchObject({
      type: 'dev.registry-relay.release.held',
      time: new Date(time).toISOString(),
      data: {
        reason: 'images-missing',
        remedy: FAILURES['images-missing'].remedy,
        holds: 'sha256:before',
      },
    });
  });

  it.each([
    ['moves to the retry queue', topics.main, 'retrying', [topics.retry]],
    ['is refused on it', topics.retry, 'refused', []],
  ])(
    '%s and logs it if the destination cannot be read for the release event',
    async (_, topic, outcome, to) => {
      const gone = () => Promise.reject(new SourceGoneError('gcr.io/v/api:1'));
      const release = { ...job, rule: 'all', kind: 'image', destination: 'gcr.io/acme/api:1' };
      const { deliver, sent, lines } = delivering(gone, topics, undefined, {
        releaseEventsTopic: 'projects/p/topics/release-events',
        release,
        holds: () => Promise.reject(offline),
      });
      const since = { topic, attributes: { since: '2026-11-24T11:50:00.000Z' } };
      const answer = deliver(eventOf(job, since));
      if (outcome === 'refused') await expect(answer).rejects.toThrow(RedeliverError);
      else expect(await answer).toMatch(/^will be retried: .*: network: /);
      expect(sent.map((one) => one.topic)).toEqual(to);
      expect(lines).toEqual([expect.objectContaining({ ...reported, age: 600, outcome })]);
    },
  );

  it('continues unfinished work in a new job and counts the continuations', async () => {
    const advanced = new CopyAbortedError('r/a:1', 2, new Error('deadline'));
    const { deliver, lines, sent } = delivering(() => Promise.reject(advanced));
    const topic = topics.retry;
    expect(await deliver(eventOf(job, { topic, attributes: { continued: '1' } }))).toMatch(
      /^continued in a new job: /,
    );
    expect(sent).toMatchObject([
      { topic: topics.main, message: { attributes: { since: published, continued: '2' } } },
    ]);
    const aborted = { ...reported, reason: 'deadline', error: advanced.message };
    const { remedy } = FAILURES.deadline;
    expect(lines).toEqual([
      {
        severity: 'INFO',
        message: 'Copy continued in a new job',
        ...aborted,
        remedy,
        continued: 2,
        outcome: 'continued',
      },
    ]);
    const attributes = { continued: String(MAX_CONTINUATIONS) };
    expect(await deliver(eventOf(job, { attributes }))).toMatch(/^dead-lettered: .*too-slow/);
    const alone = delivering(() => Promise.reject(advanced), null);
    await expect(alone.deliver(eventOf(job))).rejects.toThrow(RedeliverError);
  });

  it('passes the checkpoint of an attempt to the next one', async () => {
    class Stopped extends CopyAbortedError {
      override readonly checkpoint = { rewriteToken: '7:1:next' };
    }
    const stopped = new Stopped('gs://b/a', 3, new Error('deadline'));
    const { deliver, sent } = delivering(() => Promise.reject(stopped));
    await deliver(eventOf(job, { attributes: { rewriteToken: '7:1:first' } }));
    expect(sent).toMatchObject([
      {
        topic: topics.main,
        message: { attributes: { since: published, continued: '1', rewriteToken: '7:1:next' } },
      },
    ]);
  });

  it('retries a blob that took the whole attempt without refusing, and dead-letters it in the end', async () => {
    const blob = { mediaType: 'x', digest: digestOf(Buffer.from('x')), size: 7 };
    const stalled = new CopyAbortedError('r/a:1', 0, new Error('deadline'), blob);
    const { deliver, lines, sent } = delivering(() => Promise.reject(stalled));
    const attributes = { stalled: '1', continued: '3' };
    const event = eventOf(job, { topic: topics.retry, attributes });
    expect(await deliver(event)).toMatch(/^will be retried, one blob at a time: /);
    expect(sent).toMatchObject([
      { topic: topics.retry, message: { attributes: { stalled: '2', continued: '3' } } },
    ]);
    const aborted = { ...reported, reason: 'deadline', error: stalled.message };
    const { remedy } = FAILURES.deadline;
    expect(lines).toEqual([
      {
        severity: 'WARNING',
        message: 'No blob finished before timeout',
        ...aborted,
        remedy,
        stalled: 2,
        outcome: 'retrying',
      },
    ]);
    const last = eventOf(job, { attributes: { stalled: String(MAX_STALLS) } });
    expect(await deliver(last)).toMatch(/^dead-lettered: .*too-slow/);
    const alone = delivering(() => Promise.reject(stalled), null);
    await expect(alone.deliver(eventOf(job))).rejects.toThrow(RedeliverError);
  });

  it('answers in one plain line whatever the message contains', async () => {
    const typed = {
      source: { kind: 'image' as const, registry: 'r.io', repository: 'a' },
      target: 'acme',
      repair: false,
    };
    const { deliver } = delivering(() =>
      Promise.reject(new JobRefusedError(typed, 'no target "a\r\nb"')),
    );
    expect(await deliver(eventOf(job))).toMatch(
      /^dead-lettered: .* no target "a\\u000d\\u000ab"\. [A-Z]/,
    );
    const source = 'gcr.io/a\r\nb:1';
    expect(await deliver(eventOf({ ...job, source }))).toMatch(/^dead-lettered: [^\r\n]*$/);
  });

  it('leaves a message that is too large for a dead letter to Pub/Sub', async () => {
    const { deliver, sent, lines } = delivering(() => Promise.resolve(done));
    await expect(deliver(eventOf('x'.repeat(9_999_900)))).rejects.toThrow(RedeliverError);
    expect(sent).toStrictEqual([]);
    expect(lines).toMatchObject([
      {
        reason: 'invalid-message',
        cause: { message: `the message exceeds the size limit of ${deadLetterTopic}` },
      },
    ]);
  });

  it.each([
    ['a dead letter', '{'],
    ['a retry', job],
  ])('is refused when %s cannot be published', async (_name, body) => {
    const { deliver, state, lines } = delivering(() => Promise.reject(offline));
    state.publishFails = true;
    await expect(deliver(eventOf(body))).rejects.toMatchObject({
      name: 'RedeliverError',
      cause: { message: 'topic not found' },
    });
    expect(lines).toMatchObject([
      {
        severity: 'ERROR',
        message: 'Publish failed; redelivery requested',
        messageId: '5',
        cause: { message: 'topic not found' },
        outcome: 'refused',
      },
    ]);
  });

  it('prints no error and no stack when it requests redelivery', () => {
    const error = new RedeliverError('later', { cause: offline });
    expect(error.name).toBe('RedeliverError');
    expect(error.stack).toBe('{"severity":"DEBUG","message":"later"}');
  });
});

describe('an unconfirmed tag write', () => {
  const unconfirmed =
    (result: WorkResult | Error): Task['run'] =>
    () =>
      result instanceof Error
        ? Promise.reject(new WorkError([result], true))
        : Promise.resolve({ ...result, hasUnconfirmedWrite: true });
  const unconfirmedSince = now.toISOString();
  const ago = (seconds: number) => ({
    attributes: { unconfirmedSince: new Date(now.getTime() - seconds * 1000).toISOString() },
  });

  it.each([topics.main, topics.retry])(
    'is logged and checked again later: from %s',
    async (topic) => {
      const { deliver, lines, sent } = delivering(unconfirmed(done));
      expect(await deliver(eventOf(job, { topic }))).toBe('copied it; will be checked again');
      expect(lines).toMatchObject([
        { severity: 'INFO', outcome: 'copied', unconfirmedWrite: true },
      ]);
      expect(sent).toMatchObject([
        { topic: topics.retry, message: { attributes: { since: published, unconfirmedSince } } },
      ]);
    },
  );

  it('is not settled before a grace period has passed', async () => {
    const { deliver, lines, sent } = delivering(() => Promise.resolve(done));
    const looked = { topic: topics.retry, ...ago(GRACE - 0.001) };
    await expect(deliver(eventOf(job, looked))).rejects.toThrow(RedeliverError);
    expect(sent).toStrictEqual([]);
    expect(lines).toMatchObject([{ outcome: 'copied', unconfirmedWrite: true }]);
    const settled = { topic: topics.retry, ...ago(GRACE) };
    expect(await deliver(eventOf(job, settled))).toBe('copied it');
    expect(lines[1]).not.toHaveProperty('unconfirmedWrite');
  });

  it('moves from the main queue to the retry queue with its time', async () => {
    const { deliver, sent } = delivering(() => Promise.resolve(done));
    await deliver(eventOf(job, ago(60)));
    expect(sent).toMatchObject([{ topic: topics.retry, message: ago(60) }]);
  });

  it('is refused if the check leaves another unconfirmed write, so that the attempts end', async () => {
    const { deliver, sent } = delivering(unconfirmed(done));
    const event = eventOf(job, { topic: topics.retry, ...ago(GRACE) });
    await expect(deliver(event)).rejects.toThrow(RedeliverError);
    expect(sent).toStrictEqual([]);
  });

  it('counts from the start of the delivery, not from its end', async () => {
    let time = now.getTime();
    const clock = { now: () => (time += 1000), monotonic: () => 0 };
    const { deliver } = delivering(() => Promise.resolve(done), topics, clock);
    const event = eventOf(job, { topic: topics.retry, ...ago(GRACE - 1.5) });
    await expect(deliver(event)).rejects.toThrow(RedeliverError);
  });

  it.each([
    ['a transient failure', offline, topics.retry],
    ['one that would be permanent', new InvalidReferenceError('r/a', 'x'), topics.retry],
    ['a bug', new TypeError('x is undefined'), topics.retry],
    ['unfinished work', new CopyAbortedError('r/a:1', 2, new Error('deadline')), topics.main],
  ])('travels with %s', async (_name, error, topic) => {
    const { deliver, sent } = delivering(unconfirmed(error));
    await deliver(eventOf(job));
    expect(sent).toMatchObject([{ topic, message: { attributes: { unconfirmedSince } } }]);
  });

  it('is dead-lettered or withdrawn only after it has settled', async () => {
    const gone = delivering(() => Promise.reject(new SourceGoneError('gcr.io/v/a:1')));
    const since = '2026-11-24T11:00:00.000Z';
    const young = { topic: topics.retry, attributes: { ...ago(60).attributes, since } };
    await expect(gone.deliver(eventOf(job, young))).rejects.toThrow(RedeliverError);
    const settled = { ...young, attributes: { ...ago(GRACE).attributes, since } };
    expect(await gone.deliver(eventOf(job, settled))).toMatch(/^withdrawn: /);
  });

  it('is refused where there is no retry queue', async () => {
    const { deliver } = delivering(unconfirmed(done), null);
    await expect(deliver(eventOf(job))).rejects.toThrow('redelivery requested: copied it');
  });
});
