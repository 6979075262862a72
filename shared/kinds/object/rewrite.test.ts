import { RewriteStoppedError, progressOfAttributes } from './rewrite';
import { apiAnswer } from '../../../local/servers/buckets/errors';
import {
  SOURCE,
  TARGET,
  VENDOR,
  createObjectStage,
  type ObjectStage,
} from '../../../test/support/object-stage';
import { failureOf } from '../../../test/support/open-repository';
import { classifyFailure } from '../../delivery/classify-failure';

const GIBIBYTE = 1024 ** 3;
const HUGE = { size: 100 * GIBIBYTE, crc32c: 'yZRlqg==' };

let stage: ObjectStage;
beforeEach(async () => {
  stage = await createObjectStage({ rewriteBytesPerCall: GIBIBYTE });
  stage.buckets.put(VENDOR, SOURCE, HUGE, { contentType: 'x/y' });
});
afterEach(() => stage.close());

const young = { seconds: 0, graceSeconds: 600, continued: 0, stalled: 0 };

/** Ends the attempt while call number `calls` + 1 is on its way. */
async function stopAfter(calls: number, request: Parameters<ObjectStage['copy']>[0] = {}) {
  const deadline = new AbortController();
  const before = () => deadline.abort(new Error('the time is over'));
  stage.buckets.faults.add({ on: 'rewriteObject', after: calls, before });
  const error = await failureOf(stage.copy({ ...request, signal: deadline.signal }));
  stage.requests();
  return error;
}

it('copies 100 GiB in as many calls as it takes, and none of it comes through here', async () => {
  const seen: number[] = [];
  const onProgress = ({ done, total }: { done: number; total: number }) => seen.push(done / total);
  expect(await stage.copy({ onProgress })).toMatchObject({
    outcome: 'copied',
    digest: `crc32c:${HUGE.crc32c}`,
    bytes: HUGE.size,
    requests: 102,
  });
  expect(stage.requests()).toEqual({ getObject: 2, rewriteObject: 100 });
  expect(seen).toHaveLength(99);
  expect(seen.at(-1)).toBe(0.99);
  expect(stage.held()?.description.contentType).toBe('x/y');
});

describe('an attempt whose time is over', () => {
  it('hands on what the next one needs to go on where it stopped', async () => {
    const error = await stopAfter(60);
    if (!(error instanceof RewriteStoppedError)) throw error;
    expect(error.message).toContain(`with ${60 * GIBIBYTE} bytes rewritten: the time is over`);
    expect(classifyFailure(error, young)).toMatchObject({
      class: 'unfinished',
      reason: 'deadline',
    });

    const progress = progressOfAttributes(error.checkpoint ?? {})!;
    expect(await stage.copy({ progress })).toMatchObject({ outcome: 'copied', notes: [] });
    expect(stage.requests()).toEqual({ getObject: 2, rewriteObject: 40 });
  });

  it('is no progress before the first call is answered', async () => {
    const error = await stopAfter(0);
    expect(error).not.toBeInstanceOf(RewriteStoppedError);
    expect(classifyFailure(error, young)).toMatchObject({ class: 'transient', reason: 'deadline' });
  });

  it('is no progress either when it only had a token from before', async () => {
    const { checkpoint } = (await stopAfter(1)) as RewriteStoppedError;
    stage.buckets.faults.clear();
    const error = await stopAfter(0, { progress: progressOfAttributes(checkpoint ?? {})! });
    expect(error).not.toBeInstanceOf(RewriteStoppedError);
  });

  it('is stopped while it waits for another writer of the same object', async () => {
    const { size: total } = HUGE;
    const deadline = new AbortController();
    let waiting: Promise<unknown> | undefined;
    await stage.copy({
      onProgress({ done }) {
        if (done === GIBIBYTE) waiting = failureOf(stage.copy({ signal: deadline.signal }));
        if (done === total - GIBIBYTE) deadline.abort(new Error('the time is over'));
      },
    });
    expect(classifyFailure(await waiting, young)).toMatchObject({
      class: 'transient',
      reason: 'deadline',
    });
  });
});

describe('a token', () => {
  const interrupted = async () =>
    progressOfAttributes(((await stopAfter(60)) as RewriteStoppedError).checkpoint ?? {})!;

  it('is of no use for a newer generation', async () => {
    const progress = await interrupted();
    stage.buckets.put(VENDOR, SOURCE, { ...HUGE, size: GIBIBYTE });
    expect(await stage.copy({ progress })).toMatchObject({ bytes: GIBIBYTE, notes: [] });
    expect(stage.requests()).toEqual({ getObject: 2, rewriteObject: 1 });
  });

  it.each([
    ['Cloud Storage has forgotten', () => stage.buckets.expireRewrites()],
    [
      'is of another request',
      () => stage.buckets.describe(VENDOR, SOURCE, { contentType: 'changed' }),
    ],
  ])('that %s is dropped, and the rewrite restarts from byte 0', async (_name, happen) => {
    const progress = await interrupted();
    happen();
    expect(await stage.copy({ progress })).toMatchObject({
      outcome: 'copied',
      notes: ['Cloud Storage no longer knew the rewrite: restarted from byte 0'],
    });
    expect(stage.requests()).toEqual({ getObject: 2, rewriteObject: 101 });
  });

  /** From now on every call that continues a rewrite is refused, as by a proxy that cuts what it forwards. */
  const refuseTokens = () =>
    stage.buckets.faults.add({
      on: 'rewriteObject',
      after: 2,
      times: Infinity,
      answer: apiAnswer(400, 'invalid', 'Malformed token'),
    });

  it('that is refused again after the restart fails with the answer of Cloud Storage', async () => {
    const progress = await interrupted();
    stage.buckets.expireRewrites();
    refuseTokens();
    const error = await failureOf(stage.copy({ progress }));
    expect((error as Error).message).toContain('was answered 400: invalid: Malformed token');
    expect(classifyFailure(error, young)).toMatchObject({
      class: 'permanent',
      reason: 'target-refused',
    });
    expect(stage.requests()).toEqual({ getObject: 2, rewriteObject: 3 });
  });

  it('restarts once, however many deliveries continue the rewrite', async () => {
    const progress = await interrupted();
    stage.buckets.expireRewrites();
    const stopped = (await stopAfter(40, { progress })) as RewriteStoppedError;
    stage.buckets.faults.clear();
    stage.buckets.expireRewrites();
    const again = progressOfAttributes(stopped.checkpoint ?? {})!;
    expect(again).toMatchObject({ isRestarted: true });
    const error = await failureOf(stage.copy({ progress: again }));
    expect(classifyFailure(error, young)).toMatchObject({
      class: 'permanent',
      reason: 'target-refused',
    });
    expect(stage.requests()).toEqual({ getObject: 2, rewriteObject: 1 });
  });

  it('of a newer generation may be refused once more', async () => {
    const progress = { ...(await interrupted()), isRestarted: true };
    stage.buckets.put(VENDOR, SOURCE, HUGE);
    stage.buckets.faults.add({
      on: 'rewriteObject',
      after: 1,
      answer: apiAnswer(410, 'gone', 'The rewrite token has expired.'),
    });
    expect(await stage.copy({ progress })).toMatchObject({ outcome: 'copied' });
    expect(stage.requests()).toEqual({ getObject: 2, rewriteObject: 102 });
  });
});

describe('a failure on the way', () => {
  it('of one call is made good by the same call again', async () => {
    stage.buckets.faults.add({ on: 'rewriteObject', after: 10, dropAnswer: true });
    const answer = apiAnswer(503, 'backendError', 'try later');
    stage.buckets.faults.add({ on: 'rewriteObject', after: 20, answer });
    expect(await stage.copy()).toMatchObject({ outcome: 'copied' });
    expect(stage.requests()).toEqual({ getObject: 2, rewriteObject: 102 });
  });

  it('that stays hands the rewrite on, as the deadline does', async () => {
    const answer = apiAnswer(503, 'backendError', 'try later');
    const fault = { on: 'rewriteObject', after: 30, times: 3, answer } as const;
    stage.buckets.faults.add(fault);
    const error = await failureOf(stage.copy());
    expect(classifyFailure(error, young)).toMatchObject({ class: 'unfinished' });
    expect((error as Error).message).toContain(
      `could not write gs://acme-models/${TARGET} (target): POST ${stage.buckets.origin}/storage/v1/b/vendor-models/o/models%2Fllm.bin/rewriteTo/b/acme-models/o/${encodeURIComponent(TARGET)} was answered 503: backendError: try later`,
    );
    stage.requests();
    const progress = progressOfAttributes((error as RewriteStoppedError).checkpoint ?? {})!;
    await stage.copy({ progress });
    expect(stage.requests()).toEqual({ getObject: 2, rewriteObject: 70 });
  });

  it('restarts with a source that was replaced', async () => {
    stage.buckets.faults.add({
      on: 'rewriteObject',
      after: 50,
      before: () => stage.buckets.put(VENDOR, SOURCE, { ...HUGE, size: 2 * GIBIBYTE }),
    });
    expect(await stage.copy()).toMatchObject({ outcome: 'copied', bytes: 2 * GIBIBYTE });
    expect(stage.requests()).toEqual({ getObject: 4, rewriteObject: 53 });
  });
});
