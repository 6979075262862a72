import { encodeCopyJob, parseCopyJob } from '../kinds/messages';
import { historyOf, republish, type CopyJob } from './copy-job';
import type { PubSubMessage } from '../events/envelope';
import { parseArtifact } from '../kinds/references';

const digest = `sha256:${'b'.repeat(64)}`;
const published = new Date('2026-11-24T12:00:00Z');

function messageOf(body: unknown, attributes: Record<string, string> = {}): PubSubMessage {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { id: '1', data: Buffer.from(text), attributes, publishTime: published };
}

describe('a copy job', () => {
  const full: CopyJob = {
    source: parseArtifact(`us-docker.pkg.dev/v/r/api:1@${digest}`),
    target: 'acme',
    rule: 'api-releases',
    repair: true,
  };

  it.each([
    ['full', full],
    ['minimal', { source: parseArtifact('gcr.io/v/api:1'), target: 'acme', repair: false }],
    ['of a digest alone', { ...full, source: parseArtifact(`gcr.io/v/api@${digest}`) }],
    ['of a template', { ...full, source: parseArtifact(`us-kfp.pkg.dev/v/r/train:1@${digest}`) }],
    ['of an object', { ...full, source: parseArtifact('gs://vendor/a b/ü.bin#17') }],
    ['of an object without a generation', { ...full, source: parseArtifact('gs://vendor/x#1#') }],
  ])('%s is the same after the topic', (_name, job) => {
    const { data, attributes } = encodeCopyJob(job);
    expect(parseCopyJob({ ...messageOf(''), data, attributes })).toEqual(job);
  });

  it('has target and rule as attributes, for filters and people', () => {
    expect(encodeCopyJob(full).attributes).toEqual({ target: 'acme', rule: 'api-releases' });
  });

  it.each([
    ['us-kfp.pkg.dev/v/r/train:1', 'template'],
    ['gs://vendor/a.bin', 'object'],
  ])('of %s has its kind in the message and in attributes', (text, kind) => {
    const { data, attributes } = encodeCopyJob({ ...full, source: parseArtifact(text) });
    expect(JSON.parse(Buffer.from(data).toString())).toMatchObject({ kind, source: text });
    expect(attributes).toEqual({ kind, target: 'acme', rule: 'api-releases' });
  });

  it('may name its kind for an image, too', () => {
    const job = { kind: 'image', source: 'gcr.io/v/api:1', target: 'acme' };
    expect(parseCopyJob(messageOf(job)).source).toEqual(parseArtifact('gcr.io/v/api:1'));
  });

  it('has no rule if none is named', () => {
    const job = parseCopyJob(messageOf({ source: 'gcr.io/v/api:1', target: 'acme' }));
    expect(job.rule).toBeUndefined();
  });

  it('is rejected with a reason and its cause', () => {
    const refused = (body: unknown): unknown => {
      try {
        return parseCopyJob(messageOf(body));
      } catch (error) {
        return error;
      }
    };
    expect(refused({ source: 'gcr.io/v/api:1', target: 'a', rule: 1 })).toMatchObject({
      name: 'InvalidMessageError',
      message: expect.stringMatching(/^Not a copy job: "rule": .*string/) as unknown,
      cause: { name: 'ZodError' },
    });
    expect(refused({ source: 'gcr.io/v/api:1\n', target: 'acme' })).toMatchObject({
      name: 'InvalidMessageError',
      message: expect.stringMatching(/^Not a copy job: /) as unknown,
      cause: { name: 'InvalidReferenceError' },
    });
  });

  it('may be typed by hand, pretty-printed, with fields of a newer version', () => {
    const typed = JSON.stringify({ source: 'gcr.io/v/api:1', target: 'acme', later: {} }, null, 2);
    expect(parseCopyJob(messageOf(typed))).toEqual({
      source: { kind: 'image', registry: 'gcr.io', repository: 'v/api', tag: '1' },
      target: 'acme',
      repair: false,
    });
  });

  it.each([
    ['without a source', { target: 'acme' }, '"source"'],
    ['without a target', { source: 'gcr.io/v/api:1' }, '"target"'],
    ['with an empty target', { source: 'gcr.io/v/api:1', target: '' }, '"target"'],
    ['with a rule of another type', { source: 'gcr.io/v/a:1', target: 'a', rule: 1 }, '"rule"'],
    ['with neither tag nor digest', { source: 'gcr.io/v/api', target: 'acme' }, 'neither'],
    ['with a line break', { source: 'gcr.io/v/api:1\n', target: 'acme' }, 'not a tag'],
    ['that is no JSON', '{', 'not JSON'],
    ['of an unknown kind', { kind: 'chart', source: 'gcr.io/v/a:1', target: 'a' }, '"kind"'],
    ['of no kind', { kind: null, source: 'gcr.io/v/a:1', target: 'a' }, '"kind"'],
    [
      'of an object without its kind',
      { source: 'gs://vendor/a', target: 'a' },
      'gs://vendor/a is not a reference of kind image; for objects set "kind": "object"',
    ],
    [
      'of a template with another kind',
      { kind: 'object', source: 'us-kfp.pkg.dev/v/r/a:1', target: 'a' },
      'is not a reference of kind object; for templates set "kind": "template"',
    ],
    [
      'of an image with another kind',
      { kind: 'template', source: 'gcr.io/v/a:1', target: 'a' },
      'gcr.io/v/a:1 is not a reference of kind template; for images omit "kind"',
    ],
    [
      'of a template with neither tag nor digest',
      { kind: 'template', source: 'us-kfp.pkg.dev/v/r/a', target: 'a' },
      'neither',
    ],
    [
      'of an object that has no name',
      { kind: 'object', source: 'gs://vendor/', target: 'a' },
      'names no object',
    ],
  ])('is rejected: %s', (_name, body, problem) => {
    expect(() => parseCopyJob(messageOf(body))).toThrow(problem);
  });
});

describe('the history of a job', () => {
  it('replaces that of an older attempt, and keeps attributes whose names only contain a known word', () => {
    const own = { myrewriteToken: 'a', myCloudPubSub: 'b', agoog: 'c' };
    const stale = { since: '2026-11-20T00:00:00Z', unconfirmedSince: '2026-11-20T00:00:00Z' };
    const history = { since: published, continued: 0, stalled: 0 };
    const { attributes } = republish(messageOf('{}', { ...own, ...stale }), history, {});
    expect(attributes).toEqual({ ...own, since: '2026-11-24T12:00:00.000Z' });
    // Attributes beyond the limit must not displace the history.
    const many = Object.fromEntries(Array.from({ length: 95 }, (_, at) => [`a${at}`, '']));
    const full = republish(messageOf('{}', { ...stale, ...many, last: 'x' }), history);
    expect(full.attributes).toMatchObject({ last: 'x' });
  });

  it('begins when the message is published', () => {
    expect(historyOf(messageOf('{}'))).toEqual({ since: published, continued: 0, stalled: 0 });
  });

  it('travels with a republished job', () => {
    const message = messageOf('{}', { target: 'acme', CloudPubSubDeadLetterSourceTopic: 'x' });
    const history = { since: new Date('2026-11-24T11:00:00Z'), continued: 2, stalled: 1 };
    const again = republish(message, history);
    expect(again).toEqual({
      data: message.data,
      attributes: {
        target: 'acme',
        since: '2026-11-24T11:00:00.000Z',
        continued: '2',
        stalled: '1',
      },
    });
    expect(historyOf({ ...message, ...again })).toEqual(history);
    const forgotten = republish({ ...message, ...again }, { ...history, continued: 0, stalled: 0 });
    expect(forgotten.attributes).toEqual({ target: 'acme', since: '2026-11-24T11:00:00.000Z' });
  });

  it('replaces the checkpoint of the previous attempt', () => {
    const attributes = { target: 'acme', rewriteToken: '1:2:abc', rewriteToken2: 'def' };
    const message = messageOf('{}', attributes);
    const history = { since: published, continued: 1, stalled: 0 };
    const since = '2026-11-24T12:00:00.000Z';
    expect(republish(message, history).attributes).toEqual({
      ...attributes,
      since,
      continued: '1',
    });
    expect(republish(message, history, { rewriteToken: '1:1:x' }).attributes).toEqual({
      target: 'acme',
      since,
      continued: '1',
      rewriteToken: '1:1:x',
    });
  });

  it('drops attributes beyond the limit of Pub/Sub', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`a${at}`, '']));
    const history = { since: published, continued: 1, stalled: 1, unconfirmedSince: published };
    const { attributes } = republish(messageOf('{}', many), history);
    expect(Object.keys(attributes)).toHaveLength(100);
    expect(historyOf(messageOf('{}', attributes))).toEqual(history);
    const checkpoint = { rewriteToken: '1:1:x' };
    const checkpointed = republish(messageOf('{}', many), history, checkpoint).attributes;
    expect(Object.keys(checkpointed)).toHaveLength(100);
    expect(checkpointed).toMatchObject(checkpoint);
    const again = republish(messageOf('{}', { ...many, ...checkpoint }), history).attributes;
    expect(again).toMatchObject(checkpoint);
  });

  it.each([
    [{ since: 'long ago', continued: 'often', unconfirmedSince: 'perhaps' }],
    [{ since: '', continued: '-1' }],
    [{ since: '2999-01-01T00:00:00Z' }],
    [{ continued: '1.5' }],
  ])('ignores invalid values: %j', (attributes) => {
    expect(historyOf(messageOf('{}', attributes))).toEqual({
      since: published,
      continued: 0,
      stalled: 0,
    });
  });

  it('has the time of an unconfirmed write, which is never in the future', () => {
    const at = (unconfirmedSince: string) =>
      historyOf(messageOf('{}', { unconfirmedSince })).unconfirmedSince;
    expect(at('2026-11-24T11:59:00Z')).toEqual(new Date('2026-11-24T11:59:00Z'));
    expect(at('2999-01-01T00:00:00Z')).toEqual(published);
  });
});
