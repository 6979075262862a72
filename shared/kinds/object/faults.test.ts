import { apiAnswer } from '../../../local/servers/buckets/errors';
import type { Kind } from '../../../local/servers/buckets/routes';
import {
  ACME,
  SOURCE,
  TARGET,
  VENDOR,
  createObjectStage,
  type ObjectStage,
  type StagedCopy,
} from '../../../test/support/object-stage';
import { failureOf } from '../../../test/support/open-repository';
import { classifyFailure } from '../../delivery/classify-failure';
import { MAX_ROUNDS } from '../../copying/convergence';

let stage: ObjectStage;
let generation: string;
beforeEach(async () => {
  stage = await createObjectStage();
  generation = stage.publish('weights').generation;
});
afterEach(() => stage.close());

/** What becomes of the job in the end, and what its people read. */
async function verdictOf(request?: StagedCopy) {
  const age = { seconds: 1e6, graceSeconds: 600, continued: 0, stalled: 0 };
  return classifyFailure(await failureOf(stage.copy(request)), age);
}

describe('a lost answer', () => {
  it('to the rewrite is found out: the object is there, and was copied', async () => {
    stage.buckets.faults.add({ on: 'rewriteObject', dropAnswer: true });
    expect(await stage.copy({ generation })).toMatchObject({ outcome: 'copied', requests: 6 });
    expect(stage.requests()).toEqual({ getObject: 4, rewriteObject: 2 });
  });

  it('to every try of it leaves 1 request to the next delivery', async () => {
    stage.buckets.faults.add({ on: 'rewriteObject', dropAnswer: true });
    stage.buckets.faults.add({ on: 'rewriteObject', times: 2, cutRequestAfter: 1 });
    expect(await verdictOf({ generation })).toMatchObject({
      class: 'transient',
      reason: 'network',
    });
    stage.requests();
    expect(await stage.copy({ generation })).toMatchObject({ outcome: 'current' });
    expect(stage.requests()).toEqual({ getObject: 1 });
  });

  it('to a look is asked for again', async () => {
    stage.buckets.faults.add({ on: 'getObject', dropAnswer: true });
    stage.buckets.faults.add({ on: 'getObject', after: 1, cutAfter: 10 });
    expect(await stage.copy({ generation })).toMatchObject({ outcome: 'copied', requests: 5 });
  });
});

describe('an end that moves between look and rewrite', () => {
  it('at the source is read again: the newer generation is copied', async () => {
    let newer = '';
    const before = () => (newer = stage.publish('newer').generation);
    stage.buckets.faults.add({ on: 'rewriteObject', before });
    expect(await stage.copy({ generation })).toMatchObject({ outcome: 'copied' });
    expect(stage.requests()).toEqual({ getObject: 4, rewriteObject: 2 });
    expect(stage.held()?.description.metadata?.['registry-relay-source']).toMatch(`#${newer}`);
  });

  it('at the target is read again: what another copy has brought is enough', async () => {
    const before = () =>
      stage.copy({ generation, writers: { run: (_key, _signal, work) => work() } });
    stage.buckets.faults.add({ on: 'rewriteObject', before });
    expect(await stage.copy({ generation })).toMatchObject({ outcome: 'current' });
    expect(stage.requests()).toEqual({ getObject: 6, rewriteObject: 2 });
  });

  it('at the target is read again: what another writer has written is replaced', async () => {
    stage.buckets.faults.add({
      on: 'rewriteObject',
      before: () => stage.buckets.put(ACME, TARGET, 'by hand'),
    });
    expect(await stage.copy({ generation })).toMatchObject({ outcome: 'copied' });
    expect(stage.held()?.content.bytes?.toString()).toBe('weights');
  });

  it('in every round is left to another delivery', async () => {
    let moves = 0;
    const before = () => stage.publish(`weights ${(moves += 1)}`);
    stage.buckets.faults.add({ on: 'rewriteObject', times: Infinity, before });
    expect(await verdictOf({ generation })).toMatchObject({
      class: 'transient',
      reason: 'source-moving',
    });
    expect(moves).toBe(MAX_ROUNDS);
    expect(stage.requests()).toEqual({ getObject: 2 + 2 * MAX_ROUNDS, rewriteObject: MAX_ROUNDS });
  });

  it('may be gone: the object is withdrawn', async () => {
    const before = () => stage.buckets.remove(VENDOR, SOURCE);
    stage.buckets.faults.add({ on: 'rewriteObject', before });
    expect(await verdictOf({ generation })).toMatchObject({ class: 'withdrawn' });
    expect(stage.requests()).toEqual({ getObject: 3, rewriteObject: 1, listObjects: 1 });
  });
});

it('gives up where 412 means a policy: nothing has moved', async () => {
  const answer = apiAnswer(412, 'conditionNotMet', 'violates constraints/gcp.resourceLocations');
  stage.buckets.faults.add({ on: 'rewriteObject', times: Infinity, answer });
  expect(await verdictOf({ generation })).toMatchObject({
    class: 'permanent',
    reason: 'target-refused',
    error: expect.stringContaining('gcp.resourceLocations') as string,
  });
});

it.each(['retentionPolicyNotMet', 'objectUnderActiveHold'])(
  'gives up what the target may not replace (%s), which no grant changes',
  async (code) => {
    const answer = apiAnswer(403, code, 'it cannot be deleted or overwritten until 2027-01-01');
    stage.buckets.faults.add({ on: 'rewriteObject', answer });
    expect(await verdictOf({ generation })).toMatchObject({
      class: 'permanent',
      reason: 'target-refused',
      error: expect.stringContaining(`403: ${code}: it cannot be deleted`) as string,
    });
  },
);

describe('a source', () => {
  it('that is gone is withdrawn, once its bucket is seen to be there', async () => {
    stage.buckets.remove(VENDOR, SOURCE);
    expect(await verdictOf({ generation })).toMatchObject({
      class: 'withdrawn',
      error: `gs://${VENDOR}/${SOURCE} was not found at the source`,
    });
    expect(stage.requests()).toEqual({ getObject: 2, listObjects: 1 });
  });

  it('whose generation the target has is not missed', async () => {
    await stage.copy({ generation });
    stage.buckets.remove(VENDOR, SOURCE);
    expect(await stage.copy({ generation })).toMatchObject({ outcome: 'current' });
  });

  it('whose bucket does not exist is not withdrawn', async () => {
    expect(await verdictOf({ from: 'no-such-bucket' })).toMatchObject({
      class: 'permanent',
      reason: 'source-denied',
      error: expect.stringContaining('could not list gs://no-such-bucket') as string,
    });
  });

  it('that has no CRC32C is encrypted with a key that the relay does not have', async () => {
    const resource = { name: SOURCE, generation, size: '7' };
    const answer = { status: 200, body: JSON.stringify(resource) };
    stage.buckets.faults.add({ on: 'getObject', reference: SOURCE, answer });
    expect(await verdictOf({ generation })).toMatchObject({ reason: 'uncopyable' });
  });
});

it('says so when what landed has another CRC32C', async () => {
  const resource = { name: TARGET, generation: '1', size: '7', crc32c: 'AAAAAA==' };
  const answer = { status: 200, body: JSON.stringify({ done: true, resource }) };
  stage.buckets.faults.add({ on: 'rewriteObject', answer });
  expect(await verdictOf()).toMatchObject({
    class: 'transient',
    reason: 'corrupt-transfer',
    error: expect.stringMatching(/gs:.*expected crc32c:.* got crc32c:AAAAAA==/) as string,
  });
});

it('does not take an answer for what it is not', async () => {
  stage.buckets.faults.add({ on: 'getObject', answer: { status: 200, body: '<html>' } });
  expect(await verdictOf()).toMatchObject({
    reason: 'malformed-answer',
    error: expect.stringContaining('not what the JSON API promises') as string,
  });
});

const FORBIDDEN = apiAnswer(403, 'forbidden', 'caller does not have storage.objects access');

describe.each<{ name: string; on: Kind; reference?: string; reason: string; from: string }>([
  { name: 'the source', on: 'getObject', reference: SOURCE, reason: 'source-denied', from: VENDOR },
  { name: 'the target', on: 'getObject', reference: TARGET, reason: 'target-denied', from: ACME },
  { name: 'the rewrite', on: 'rewriteObject', reason: 'target-denied', from: ACME },
])('$name', ({ on, reference, reason, from }) => {
  const where = { on, reference, times: Infinity };

  it.each([
    ['401', apiAnswer(401, 'required', 'Login Required')],
    ['403', FORBIDDEN],
  ])('that answers %s is a matter of grants', async (_status, answer) => {
    stage.buckets.faults.add({ ...where, answer });
    expect(await verdictOf()).toMatchObject({
      class: 'permanent',
      reason,
      error: expect.stringContaining(`gs://${from}/`) as string,
    });
  });

  it.each([
    [503, 'registry-unavailable'],
    [500, 'registry-unavailable'],
    [408, 'registry-unavailable'],
    [429, 'rate-limited'],
  ])('that answers %i is tried again, then left to another delivery', async (status, expected) => {
    stage.buckets.faults.add({ ...where, answer: apiAnswer(status, 'r', 'later') });
    expect(await verdictOf()).toMatchObject({ class: 'transient', reason: expected });
    expect(stage.requests()[on]).toBe(reference === undefined ? 3 : 4);
  });

  it.each(['rateLimitExceeded', 'userRateLimitExceeded'])(
    'that answers 403 for %s is asked for too much, and no matter of grants',
    async (code) => {
      const answer = apiAnswer(403, code, 'slow down');
      stage.buckets.faults.add({ ...where, times: 2, answer });
      expect(await stage.copy()).toMatchObject({ outcome: 'copied', requests: 5 });
      stage.buckets.put(VENDOR, SOURCE, 'newer');
      stage.buckets.faults.add({ ...where, answer });
      expect(await verdictOf()).toMatchObject({ class: 'transient', reason: 'rate-limited' });
    },
  );

  it('that is throttled is waited for', async () => {
    const answer = {
      ...apiAnswer(429, 'rateLimitExceeded', 'slow'),
      headers: { 'retry-after': '7' },
    };
    stage.buckets.faults.add({ ...where, times: 1, answer });
    expect(await stage.copy()).toMatchObject({ outcome: 'copied', requests: 4 });
    expect(Math.max(...stage.sleeps)).toBeGreaterThan(6500);
  });

  it('that breaks off is tried again', async () => {
    stage.buckets.faults.add({
      ...where,
      times: 2,
      cutAfter: 0,
      answer: { status: 200, body: ' ' },
    });
    expect(await stage.copy()).toMatchObject({ outcome: 'copied', requests: 5 });
  });
});

describe('an impersonated account', () => {
  const identity = 'release@acme.iam.gserviceaccount.com';

  it('that cannot read the source is named, with the role that it needs', async () => {
    stage.buckets.faults.add({ on: 'getObject', reference: SOURCE, answer: FORBIDDEN });
    const { error } = await verdictOf({ identity });
    expect(error).toContain(
      `could not look up (as ${identity}, which does the whole copy and so must read gs://${VENDOR}: roles/storage.objectViewer) gs://${VENDOR}/${SOURCE} (source)`,
    );
  });

  it('that cannot write the target is named', async () => {
    stage.buckets.faults.add({ on: 'rewriteObject', answer: FORBIDDEN });
    const { error } = await verdictOf({ identity });
    expect(error).toContain(`could not write (as ${identity}) gs://${ACME}/${TARGET} (target)`);
  });
});

it('says that the target bucket does not exist', async () => {
  expect(await verdictOf({ to: 'no-such-bucket' })).toMatchObject({
    reason: 'target-denied',
    error: expect.stringContaining('gs://no-such-bucket/') as string,
  });
});
