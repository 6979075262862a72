import { image } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { push } from '../../../local/images/push';
import { findMissing } from '../../../local/images/read';
import { createStage, SOURCE, TARGET, type Stage } from '../../../test/support/copy-stage';
import { hasManifest, readSourceTag, readTargetTag } from './tag';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
  await stage.publish(release('one'));
});
afterEach(async () => {
  await stage.close();
});

const release = (seed: string) => image({ layers: [layer({ seed })], config: { seed }, tag: 'v1' });
const at = (repository = TARGET) => ({ registry: stage.target.address, repository });
const bare = { attachments: false };

/** The source, whose tag moves to `two` when it is read again for the first time. */
function moving() {
  const from = stage.open('source');
  let moves: Promise<void> | undefined;
  const source: typeof from = {
    ...from,
    async headManifest(reference) {
      await (moves ??= stage.publish(release('two')));
      return from.headManifest(reference);
    },
  };
  return source;
}

describe('what a source has', () => {
  const { digest } = release('one').root;

  it('is read again by its tag alone', async () => {
    const copying = stage.start();
    const first = await readSourceTag(copying, 'v1');
    expect(first.descriptor.digest).toBe(digest);
    expect(await readSourceTag(copying, 'v1', first)).toBe(first);
    expect(stage.requests().source).toEqual(
      expect.objectContaining({ getManifest: 1, headManifest: 1 }),
    );
  });

  it('never moves where it is named by its digest', async () => {
    const copying = stage.start();
    const first = await readSourceTag(copying, digest);
    stage.requests();
    expect(await readSourceTag(copying, digest, first)).toBe(first);
    expect(stage.requests().source).toStrictEqual({});
  });

  it('is gone where its tag is', async () => {
    const copying = stage.start();
    const first = await readSourceTag(copying, 'v1');
    const gone = { name: 'SourceGoneError', reference: `${stage.source.address}/${SOURCE}:v2` };
    await expect(readSourceTag(copying, 'v2', first)).rejects.toMatchObject(gone);
    await expect(readSourceTag(copying, 'v2')).rejects.toMatchObject(gone);
  });

  it('is as of when it was asked', async () => {
    const copying = stage.start();
    const asked = { ...copying, clock: { ...copying.clock, now: () => 7000 } };
    await readSourceTag(asked, 'v1');
    expect(asked.tally.asOf).toBe(7000);
  });
});

describe('what a target has', () => {
  const [one, two] = [release('one').root.digest, release('two').root.digest];

  beforeEach(async () => {
    await stage.copy(bare);
    stage.requests();
  });

  it.each([
    ['its tag', 'v1', undefined, { held: one }],
    ['no tag', 'v2', undefined, { held: undefined }],
    ['its tag and a digest', 'v1', one, { held: one, guess: { digest: one, isThere: true } }],
    ['its tag alone', 'v1', two, { held: one, guess: { digest: two, isThere: false } }],
    ['a digest alone', 'v2', one, { held: undefined, guess: { digest: one, isThere: true } }],
  ])('is %s', async (_what, tag, guess, expected) => {
    expect(await readTargetTag(stage.start(), tag, guess)).toStrictEqual(expected);
    expect(stage.requests().target).toEqual({ headManifest: guess === undefined ? 1 : 2 });
  });

  it('is not known of a digest that was not answered', async () => {
    stage.target.faults.add({ on: 'headManifest', reference: one, answer: { status: 418 } });
    expect(await readTargetTag(stage.start(), 'v1', one)).toStrictEqual({ held: one });
  });

  it.each([
    ['what it said', two, { digest: two, isThere: true }, true, {}],
    ['what it said', one, { digest: one, isThere: false }, false, {}],
    ['what it is asked', one, { digest: two, isThere: false }, true, { headManifest: 1 }],
    ['what it is asked', two, undefined, false, { headManifest: 1 }],
  ])('of a manifest is %s', async (_what, digest, guess, expected, requests) => {
    expect(await hasManifest(stage.start(), digest, guess === undefined ? {} : { guess })).toBe(
      expected,
    );
    expect(stage.requests().target).toEqual(requests);
  });
});

describe('a source tag that moves', () => {
  const answer = { status: 404, errors: [{ code: 'MANIFEST_UNKNOWN' }] };

  it('is followed by its name: what it holds may not be there by its digest', async () => {
    const { digest } = release('two').root;
    const { hits } = stage.source.faults.add({
      on: 'getManifest',
      reference: digest,
      times: Infinity,
      answer,
    });
    expect(await stage.copy({ ...bare, from: moving() })).toMatchObject({ digest });
    expect(hits()).toBe(0);
  });

  it('is not gone while it is there, whatever becomes of its manifest', async () => {
    stage.source.faults.add({
      on: 'getManifest',
      reference: 'v1',
      after: 1,
      times: Infinity,
      answer,
    });
    await expect(stage.copy({ ...bare, from: moving() })).rejects.toMatchObject({
      name: 'CopyError',
      side: 'source',
      cause: { status: 404, codes: ['MANIFEST_UNKNOWN'] },
    });
  });

  it('is read without its manifest where that is known', async () => {
    await stage.publish(release('two'));
    await stage.copy({ ...bare, destinationTag: 'other' });
    await stage.publish(release('one'));
    stage.requests();
    const { digest } = release('two').root;
    expect(await stage.copy({ ...bare, from: moving() })).toMatchObject({ digest });
    expect(stage.source.requests.of('getManifest')).toHaveLength(1);
  });
});

describe('a tag that is refused', () => {
  const refusals: readonly (readonly [number, string, string])[] = [
    [403, 'DENIED', 'permission denied'],
    [409, 'CONFLICT', 'another write is under way'],
    [412, 'PRECONDITION', 'precondition failed'],
    [503, 'UNAVAILABLE', 'an immutable backend is restarting'],
    [400, 'MANIFEST_INVALID', 'no such media type'],
  ];

  beforeEach(async () => {
    await stage.copy(bare);
    await stage.publish(release('two'));
  });

  function refuse([status, code, message]: readonly [number, string, string]) {
    const errors = [{ code, message }];
    const late = true as const;
    const fault = { on: 'putManifest', reference: 'v1', times: Infinity } as const;
    return stage.target.faults.add({ ...fault, answer: { status, errors, late } });
  }

  it.each(refusals)('with %s %s is no conflict: "%s"', async (...refusal) => {
    refuse(refusal);
    const copying = stage.copy({ ...bare, retryBudget: { remaining: 0 } });
    await expect(copying).rejects.toMatchObject({
      name: 'CopyError',
      operation: 'write the manifest',
      side: 'target',
      cause: { status: refusal[0] },
    });
  });

  it.each([
    [400, 'MANIFEST_INVALID', 'cannot update tag v1. The repository has enabled tag immutability'],
    [412, 'PRECONDITION', "Failed to process request due to 'api:v1' configured as immutable."],
    [409, 'CONFLICT', 'the tag v1 is Immutable'],
  ] as const)('with %s %s is a conflict where it says so: "%s"', async (...refusal) => {
    refuse(refusal);
    await expect(stage.copy(bare)).rejects.toMatchObject({
      name: 'TagConflictError',
      held: release('one').root.digest,
      wanted: release('two').root.digest,
      cause: { cause: { status: refusal[0] } },
    });
  });

  it('is no conflict where nothing holds it: the registry takes no such tag', async () => {
    const errors = [{ code: 'MANIFEST_INVALID', message: 'the tag other is immutable' }];
    const fault = { on: 'putManifest', reference: 'other', times: Infinity } as const;
    stage.target.faults.add({ ...fault, answer: { status: 400, errors } });
    await expect(stage.copy({ ...bare, destinationTag: 'other' })).rejects.toMatchObject({
      name: 'CopyError',
      cause: { status: 400 },
    });
  });

  it.each([403, 503])(
    'with %s is not taken for written because another writer has written it',
    async (status) => {
      stage.target.faults.add({
        on: 'putManifest',
        reference: 'v1',
        before: () => push(release('two'), at()),
        answer: { status },
      });
      const copying = stage.copy({ ...bare, retryBudget: { remaining: 0 } });
      await expect(copying).rejects.toMatchObject({ name: 'CopyError', cause: { status } });
    },
  );

  it.each([409, 412])(
    'with %s is written when the target holds it all the same',
    async (status) => {
      stage.target.faults.add({
        on: 'putManifest',
        reference: 'v1',
        before: () => push(release('two'), at()),
        answer: { status },
      });
      const { digest } = release('two').root;
      expect(await stage.copy(bare)).toMatchObject({ digest, outcome: 'copied' });
    },
  );
});

describe('a registry that refuses to move tags', () => {
  beforeEach(async () => {
    await stage.close();
    stage = await createStage({ target: { immutableTags: true } });
    await stage.publish(release('one'));
    await stage.copy();
  });

  it('makes a conflict that names both digests', async () => {
    await stage.publish(release('two'));
    await expect(stage.copy()).rejects.toMatchObject({
      name: 'TagConflictError',
      held: release('one').root.digest,
      wanted: release('two').root.digest,
      cause: { name: 'CopyError' },
    });
  });

  it('does not fail when another writer has written the same', async () => {
    stage.target.faults.add({ on: 'headManifest', reference: 'v1', answer: { status: 404 } });
    stage.target.faults.add({
      on: 'putManifest',
      reference: 'v1',
      answer: { status: 409, errors: [{ code: 'CONFLICT' }] },
    });
    expect(await stage.copy()).toMatchObject({ digest: release('one').root.digest });
  });

  it.each([409, 400])('does not hide a refusal (%s) of a tag that is not there', async (status) => {
    stage.target.faults.add({
      on: 'putManifest',
      reference: 'v2',
      answer: { status, errors: [{ code: 'MANIFEST_INVALID', message: 'no' }] },
    });
    await expect(stage.copy({ destinationTag: 'v2' })).rejects.toMatchObject({
      operation: 'write the manifest',
      side: 'target',
    });
  });
});

it('is no conflict under "immutable" that another writer has brought the same', async () => {
  const to = stage.open('target');
  const racing: typeof to = {
    ...to,
    async putManifest(manifest, reference) {
      await to.putManifest(manifest, reference);
      if (reference !== 'v1') await push(release('one'), at());
    },
  };
  const { digest } = release('one').root;
  expect(await stage.copy({ to: racing, immutable: true })).toMatchObject({ digest });
});

it('copies content between equal paths of two registries', async () => {
  const to = stage.open('target', SOURCE);
  expect(await stage.copy({ ...bare, to })).toMatchObject({ uploadedBlobs: 2 });
  expect(await findMissing(release('one'), at(SOURCE))).toStrictEqual([]);
  // Not as what is sent again after a refusal.
  expect(stage.target.requests.of('putManifest')).toHaveLength(1);
});
