import { createTemplateStage, PACKAGE, TARGET } from '../../../test/support/template-stage';
import type { TemplateStage } from '../../../test/support/template-stage';
import { failureOf } from '../../../test/support/open-repository';
import { pipeline } from '../../../local/servers/templates/push';
import { htmlPage, tooManyRequests } from '../../../local/servers/registry/faults/answers';
import { classifyFailure } from '../../delivery/classify-failure';
import { CopyError } from '../../copying/errors';
import { AddressRefusedError, DigestMismatchError } from '../../oci/http/errors';

let stage: TemplateStage;
beforeEach(async () => {
  stage = await createTemplateStage();
  await stage.publish('source', 'one', ['v1']);
  stage.requests();
});
afterEach(() => stage.close());

const bytes = pipeline(PACKAGE, 'one');
const HALF = Math.floor(bytes.length / 2);
/** What a copy of something new asks for. */
const WHOLE = {
  source: { getTag: 3, getVersion: 1, download: 1 },
  target: { getTag: 1, getVersion: 1, upload: 1 },
};

async function expectThere() {
  const version = await stage.held();
  expect(version).toBeDefined();
  expect(await stage.open('target').download(version!)).toEqual(bytes);
}

async function failureOfCopy(): Promise<CopyError> {
  const failure = await failureOf(stage.copy());
  if (!(failure instanceof CopyError)) throw failure;
  return failure;
}

const verdictOf = (error: unknown, seconds = 0) =>
  classifyFailure(error, { seconds, graceSeconds: 600, continued: 0, stalled: 0 });

describe('a failure in a request that may be sent again', () => {
  it.each([
    ['an answer that is lost', { dropAnswer: true }],
    ['503', { answer: { status: 503 } }],
    ['a page of a proxy with 502', { answer: htmlPage(502) }],
    ['429', { answer: tooManyRequests(1) }],
  ] as const)('%s costs one more request', async (_name, effect) => {
    for (const on of ['getTag', 'getVersion', 'download'] as const)
      stage.source.faults.add({ on, ...effect });
    for (const on of ['getTag', 'getVersion'] as const) stage.target.faults.add({ on, ...effect });

    await stage.copy();
    expect(stage.requests()).toEqual({
      source: { getTag: 4, getVersion: 2, download: 2 },
      target: { getTag: 2, getVersion: 2, upload: 1 },
    });
    await expectThere();
  });

  it('a download that breaks off is begun again', async () => {
    stage.source.faults.add({ on: 'download', cutAfter: HALF });
    await stage.copy();
    expect(stage.requests().source).toEqual({ getTag: 3, getVersion: 1, download: 2 });
    await expectThere();
  });

  it('three tries end it, and the error says which request of which side', async () => {
    stage.source.faults.add({ on: 'download', cutAfter: HALF, times: Infinity });
    const error = await failureOfCopy();
    expect(error.message).toMatch(/^could not download .*@sha256:\w+ \(source\): GET http:/);
    expect(verdictOf(error)).toMatchObject({ class: 'transient', reason: 'network' });
    expect(stage.requests()).toEqual({
      source: { getTag: 1, getVersion: 1, download: 3 },
      target: { getTag: 1, getVersion: 1 },
    });
  });

  it('the budget of a copy ends it sooner', async () => {
    stage.source.faults.add({ on: 'download', answer: { status: 503 }, times: Infinity });
    await failureOf(stage.copy({ retryBudget: { remaining: 1 } }));
    expect(stage.requests().source).toEqual({ getTag: 1, getVersion: 1, download: 2 });
  });
});

describe('a failed upload', () => {
  it('is not repeated when only its answer was lost', async () => {
    stage.target.faults.add({ on: 'upload', dropAnswer: true });
    expect(await stage.copy()).toMatchObject({ outcome: 'copied' });
    expect(stage.requests()).toEqual({
      source: WHOLE.source,
      // The tag came with the upload, but no answer said so.
      target: { getTag: 1, getVersion: 2, upload: 1, createTag: 1, updateTag: 1 },
    });
    await expectThere();
  });

  it.each([
    ['broke off', { cutRequestAfter: HALF }],
    ['was answered 503', { answer: { status: 503, late: true } }],
  ] as const)('is repeated when it %s and the target has nothing', async (_name, effect) => {
    stage.target.faults.add({ on: 'upload', ...effect });
    await stage.copy();
    expect(stage.requests()).toEqual({
      source: WHOLE.source,
      target: { getTag: 1, getVersion: 2, upload: 2 },
    });
    await expectThere();
  });

  it('is not repeated when the target has the version by now, and says that it exists', async () => {
    const answer = { status: 409, late: true } as const;
    const afterwards = () => stage.publish('target', 'one', []);
    stage.target.faults.add({ on: 'upload', answer, afterwards });
    expect(await stage.copy()).toMatchObject({ outcome: 'copied', bytes: 0 });
    expect(stage.requests().target).toEqual({
      getTag: 1,
      getVersion: 2,
      upload: 2, // One of them is the other's.
      createTag: 1,
    });
    await expectThere();
  });

  it('is tried again where the target says that it exists, and has nothing', async () => {
    const answer = { status: 409, late: true } as const;
    stage.target.faults.add({ on: 'upload', answer, times: Infinity });
    expect(verdictOf(await failureOfCopy())).toMatchObject({ reason: 'registry-unavailable' });
    expect(stage.requests().target).toEqual({ getTag: 1, getVersion: 2, upload: 1 });
  });

  it('is repeated without a question when it was refused', async () => {
    stage.target.faults.add({ on: 'upload', answer: tooManyRequests(2) });
    await stage.copy();
    expect(stage.requests().target).toEqual({ getTag: 1, getVersion: 1, upload: 2 });
    expect(Math.max(...stage.sleeps)).toBeGreaterThan(1900);
    await expectThere();
  });

  it('ends with its third try', async () => {
    stage.target.faults.add({ on: 'upload', answer: { status: 503, late: true }, times: Infinity });
    const error = await failureOfCopy();
    expect(error).toMatchObject({ side: 'target', operation: 'upload' });
    expect(verdictOf(error)).toMatchObject({
      class: 'transient',
      reason: 'registry-unavailable',
    });
    expect(stage.requests().target).toEqual({ getTag: 1, getVersion: 3, upload: 3 });
    expect(await stage.held()).toBeUndefined();
  });

  it('is never sent twice by two attempts at once', async () => {
    stage.target.faults.add({ on: 'upload', dropAnswer: true });
    await stage.publish('source', 'one', ['v1', 'latest']);
    stage.requests();
    await Promise.all([stage.copy(), stage.copy({ tag: 'latest' })]);
    expect(stage.target.requests.of('upload')).toHaveLength(1);
    expect(await stage.held('latest')).toBe(await stage.held());
  });
});

describe('wrong bytes', () => {
  it.each([
    ['a flipped bit', { corruptAt: HALF }],
    ['fewer of them', { bodyLength: HALF }],
    ['more of them', { bodyLength: bytes.length + 1 }],
  ])('%s: read once more', async (_name, effect) => {
    stage.source.faults.add({ on: 'download', ...effect });
    await stage.copy();
    expect(stage.requests()).toEqual({
      ...WHOLE,
      source: { getTag: 3, getVersion: 1, download: 2 },
    });
    await expectThere();
  });

  it('are never uploaded', async () => {
    stage.source.faults.add({ on: 'download', corruptAt: HALF, times: Infinity });
    const error = await failureOfCopy();
    expect(error.cause).toBeInstanceOf(DigestMismatchError);
    expect(verdictOf(error)).toMatchObject({ class: 'transient', reason: 'corrupt-transfer' });
    expect(stage.requests().target).toEqual({ getTag: 1, getVersion: 1 });
  });

  it('more than any template has are not read', async () => {
    const bodyLength = 32 * 1024 * 1024 + 1;
    stage.source.faults.add({ on: 'download', bodyLength, times: Infinity });
    const error = await failureOfCopy();
    expect(error.message).toContain('the template is larger than 33554432 bytes');
    expect(verdictOf(error)).toMatchObject({ class: 'transient', reason: 'malformed-answer' });
  });
});

describe('an upload whose answer is wrong', () => {
  const other = `sha256:${'0'.repeat(64)}`;
  it.each([
    ['another version', `${PACKAGE}/${other}`, 'corrupt-transfer', `got ${other}`],
    [
      'another package',
      (version: string) => `else/${version}`,
      'malformed-answer',
      'the pipeline inside is called else',
    ],
    ['no version', 'thank you', 'malformed-answer', 'an upload is answered PACKAGE/VERSION'],
  ])('%s', async (_name, said, reason, message) => {
    const version = await stage.source.versionOf(`vendor/pipelines/${PACKAGE}`, 'v1');
    const body = typeof said === 'string' ? said : said(version ?? '');
    stage.target.faults.add({
      on: 'upload',
      answer: { status: 200, body, late: true },
      times: Infinity,
    });
    const error = await failureOfCopy();
    expect(error.message).toContain(message);
    expect(verdictOf(error).reason).toBe(reason);
  });

  it('no version, although the target has it: what it has decides', async () => {
    stage.target.faults.add({ on: 'upload', bodyLength: 10 });
    expect(await stage.copy()).toMatchObject({ outcome: 'copied' });
    expect(stage.requests().target).toEqual({
      getTag: 1,
      getVersion: 2,
      upload: 1,
      createTag: 1,
      updateTag: 1,
    });
    await expectThere();
  });
});

describe('what the rest of a delivery makes of refusals', () => {
  const google = (code: number, status: string) => ({
    status: code,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code, status, message: 'said by Google' } }),
    late: true as const,
  });
  const PERMISSION = google(403, 'PERMISSION_DENIED');

  it.each([
    ['source', 'getTag', PERMISSION, 'source-denied', 'permanent'],
    ['source', 'download', PERMISSION, 'source-denied', 'permanent'],
    ['source', 'download', google(404, 'NOT_FOUND'), 'source-gone', 'withdrawn'],
    ['target', 'getTag', PERMISSION, 'target-denied', 'permanent'],
    ['target', 'upload', PERMISSION, 'target-denied', 'permanent'],
    ['target', 'upload', google(404, 'NOT_FOUND'), 'target-denied', 'permanent'],
    ['target', 'upload', google(401, 'UNAUTHENTICATED'), 'target-denied', 'permanent'],
    ['target', 'upload', google(413, 'OUT_OF_RANGE'), 'target-refused', 'permanent'],
    ['target', 'upload', google(400, 'INVALID_ARGUMENT'), 'target-refused', 'permanent'],
    ['target', 'upload', google(429, 'RESOURCE_EXHAUSTED'), 'rate-limited', 'transient'],
    ['target', 'upload', google(500, 'INTERNAL'), 'registry-unavailable', 'transient'],
  ] as const)('%s, %s: %p', async (side, on, answer, reason, verdict) => {
    stage[side].faults.add({ on, answer, times: Infinity });
    expect(verdictOf(await failureOf(stage.copy()), 3000)).toMatchObject({
      reason,
      class: verdict,
      bug: false,
    });
  });

  it.each([
    ['a web page', { body: '<html>sign in</html>' }, "no answer of Artifact Registry's API"],
    ['no version', { body: JSON.stringify({ name: 't', version: 'v' }) }, 'no sha256 version'],
    ['longer than any', { body: 'x'.repeat(16 * 1024 * 1024 + 1) }, 'larger than 16777216 bytes'],
    ['another field', { body: JSON.stringify({ name: 't' }) }, '"version"'],
  ])('a tag that is %s', async (_name, answer, said) => {
    stage.source.faults.add({ on: 'getTag', answer: { status: 200, ...answer } });
    expect((await failureOfCopy()).message).toContain(said);
  });

  it('a tag that was set to something else than was asked for', async () => {
    await stage.copy();
    await stage.publish('source', 'two', ['v1']);
    const version = `x/versions/sha256:${'0'.repeat(64)}`;
    stage.target.faults.add({
      on: 'updateTag',
      answer: { status: 200, body: JSON.stringify({ name: 't', version }), late: true },
    });
    expect((await failureOfCopy()).message).toContain('and now holds sha256:000');
  });
});

describe('a download that is elsewhere', () => {
  it('is followed', async () => {
    const elsewhere = await stage.openOrigin('source');
    stage.source.faults.add({ on: 'download', redirect: elsewhere as `http${string}` });
    await stage.copy();
    expect(stage.requests().source).toEqual({
      getTag: 3,
      getVersion: 1,
      download: 1,
      redirectedDownload: 1,
    });
    await expectThere();
  });

  it('is refused at a private address', async () => {
    stage.source.faults.add({ on: 'download', redirect: 'http://10.0.0.1' });
    const error = await failureOfCopy();
    expect(error.cause).toBeInstanceOf(AddressRefusedError);
    expect(verdictOf(error)).toMatchObject({ class: 'transient', reason: 'address-refused' });
    expect(verdictOf(error, 600)).toMatchObject({ class: 'permanent' });
    expect(await stage.target.tags(`${TARGET}/${PACKAGE}`)).toStrictEqual([]);
  });
});

describe('an upload that belongs elsewhere', () => {
  it.each([307, 308])('is sent there after %d', async (status) => {
    const elsewhere = await stage.openOrigin('target');
    const answer = { status, headers: { location: `${elsewhere}/${TARGET}` }, late: true } as const;
    stage.target.faults.add({ on: 'upload', answer });
    await stage.copy();
    expect(stage.requests().target).toEqual({ getTag: 1, getVersion: 1, upload: 2 });
    await expectThere();
  });

  it('is not sent to a private address', async () => {
    const answer = { status: 307, headers: { location: 'http://10.0.0.1/' }, late: true } as const;
    stage.target.faults.add({ on: 'upload', answer, times: Infinity });
    expect((await failureOfCopy()).cause).toBeInstanceOf(AddressRefusedError);
    expect(stage.requests().target).toMatchObject({ upload: 1 });
  });
});
