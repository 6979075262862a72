import { fallbackIndex, signature } from '../../../local/images/attachments';
import { together } from '../../../local/images/content';
import { image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { findMissing } from '../../../local/images/read';
import { shapes, TAG } from '../../../test/images/shapes';
import { createCopyCaches } from '../../copying/caches';
import { createStage, TARGET, type Stage } from '../../../test/support/copy-stage';
import { systemClock } from '../../system/clock';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
});
afterEach(async () => {
  await stage.close();
});

/** All requests since they were last counted. */
function total(): number {
  const { source, target } = stage.requests();
  return [...Object.values(source), ...Object.values(target)].reduce((a, b) => a + b, 0);
}

function release(seed: string, layers = 5) {
  return image({
    layers: Array.from({ length: layers }, (_, at) => layer({ seed: `${seed} ${at}` })),
    config: { seed },
    tag: 'v1',
  });
}

function multiPlatform(seed: string, architectures = ['amd64', 'arm64', 's390x']) {
  return index({
    entries: architectures.map((architecture) => ({
      image: release(`${seed} ${architecture}`),
      platform: { os: 'linux', architecture },
    })),
    tag: 'v1',
  });
}

describe('every shape', () => {
  it.each(shapes)('copies $name', async ({ build }) => {
    const content = build();
    await stage.publish(content);
    const outcome = await stage.copy({ tag: TAG, verify: true });
    expect(outcome).toMatchObject({ outcome: 'copied', digest: content.root.digest });
    expect(
      await findMissing(content, { registry: stage.target.address, repository: TARGET }),
    ).toStrictEqual([]);
    expect(await stage.copy({ tag: TAG })).toMatchObject({ outcome: 'current' });
  });
});

describe('request budgets', () => {
  const without = { attachments: false };
  it.each([
    ['', {}],
    [', whose digest the job guesses', { tag: 'v1', digest: release('one').root.digest }],
  ])('needs 3B+6 for a fresh image of 6 blobs%s', async (_, named) => {
    await stage.publish(release('one'));
    stage.requests();
    await stage.copy({ ...without, ...named });
    expect(stage.requests()).toEqual({
      source: { getManifest: 1, getBlob: 6, headManifest: 2 },
      target: { headManifest: 2, mountBlob: 6, putBlob: 6, putManifest: 1 },
    });
  });

  it('needs 2 less of a source that is named by its digest, which never moves', async () => {
    await stage.publish(release('one'));
    stage.requests();
    const { digest } = release('one').root;
    await stage.copy({ ...without, digest, destinationTag: 'v1' });
    expect(stage.requests().source).toEqual({ getManifest: 1, getBlob: 6 });
  });

  it('needs no more when the tag holds another digest', async () => {
    await stage.publish(release('one'));
    await stage.copy(without);
    await stage.publish(release('two'));
    stage.requests();
    await stage.copy(without);
    expect(total()).toBe(3 * 6 + 6);
  });

  it('needs 3B+3K+6 for a fresh index of 3 images', async () => {
    await stage.publish(multiPlatform('one'));
    stage.requests();
    await stage.copy(without);
    expect(total()).toBe(3 * 18 + 3 * 3 + 6);
  });

  it('reads no child that is there when the tag holds another index, and asks for it once more at the end', async () => {
    await stage.publish(multiPlatform('one'));
    await stage.copy(without);
    await stage.publish(multiPlatform('one', ['amd64', 'arm64', 's390x', 'riscv64']));
    stage.requests();
    await stage.copy(without);
    expect(stage.requests()).toMatchObject({
      source: { getManifest: 1 + 1, getBlob: 6 },
      target: { headManifest: 2 + 4 + 3, putManifest: 1 + 1 },
    });
  });

  it('needs no more when it repairs as well', async () => {
    await stage.publish(multiPlatform('one'));
    stage.requests();
    await stage.copy({ ...without, repair: true });
    expect(total()).toBe(3 * 18 + 3 * 3 + 6);
  });

  it('needs 2 when there is nothing to do', async () => {
    await stage.publish(multiPlatform('one'));
    await stage.copy();
    stage.requests();
    await stage.copy();
    expect(stage.requests()).toEqual({ source: { getManifest: 1 }, target: { headManifest: 1 } });
  });

  it('needs one more when there is nothing to do, and the job guesses the digest', async () => {
    const content = multiPlatform('one');
    await stage.publish(content);
    await stage.copy();
    stage.requests();
    await stage.copy({ tag: 'v1', digest: content.root.digest });
    expect(stage.requests()).toEqual({ source: { getManifest: 1 }, target: { headManifest: 2 } });
  });

  describe('when the tag moves to content that is there', () => {
    beforeEach(async () => {
      await stage.publish(release('one'));
      await stage.copy(without);
      await stage.publish(release('two'));
      await stage.copy(without);
      await stage.publish(release('one'));
      stage.requests();
    });

    it.each([
      ['', createCopyCaches(systemClock)],
      [', whatever was seen there a moment ago', undefined],
    ])('needs 6%s', async (_, caches) => {
      await stage.copy({ ...without, caches });
      expect(stage.requests()).toEqual({
        source: { getManifest: 1, headManifest: 2 },
        target: { headManifest: 2, putManifest: 1 },
      });
    });
  });

  describe('for a second tag of an image that is there, in an instance that knows nothing of it', () => {
    const { digest } = release('one').root;

    beforeEach(async () => {
      await stage.publish(release('one'));
      await stage.copy();
      stage.requests();
    });

    it.each([
      ['with the digest that it was planned with', { tag: 'v1', digest }],
      ['without one', {}],
    ])('needs 6 %s, and opens no blob', async (_, named) => {
      const copying = { ...named, destinationTag: 'latest', caches: createCopyCaches(systemClock) };
      expect(await stage.copy({ ...without, ...copying })).toMatchObject({ outcome: 'copied' });
      expect(stage.requests()).toEqual({
        source: { getManifest: 1, headManifest: 2 },
        target: { headManifest: 2, putManifest: 1 },
      });
    });

    it('needs 3 more where the source has no referrers API, and 2 once that is known', async () => {
      const target = { headManifest: 2, putManifest: 1 };
      const source = { getManifest: 1, headManifest: 2, listTags: 1 };
      const fresh = await createStage({ source: { referrers: false } });
      await fresh.publish(release('one'));
      await fresh.copy({ ...without });
      fresh.requests();
      await fresh.copy({ destinationTag: 'latest', caches: createCopyCaches(systemClock) });
      expect(fresh.requests()).toEqual({ source: { ...source, listReferrers: 2 }, target });
      await fresh.copy({ destinationTag: 'newest', caches: createCopyCaches(systemClock) });
      expect(fresh.requests()).toEqual({ source, target });
      await fresh.close();
    });

    it('needs 2 more to ask for attachments', async () => {
      await stage.copy({ destinationTag: 'latest', caches: createCopyCaches(systemClock) });
      expect(stage.requests()).toEqual({
        source: { getManifest: 1, headManifest: 2, listReferrers: 1, listTags: 1 },
        target: { headManifest: 2, putManifest: 1 },
      });
    });
  });

  it('asks for the digest that was planned while it asks for the tag', async () => {
    await stage.publish(release('one'));
    const { digest } = release('one').root;
    const to = stage.open('target');
    const asked: string[] = [];
    let bothAsked = (): void => undefined;
    const both = new Promise<void>((resolve) => (bothAsked = resolve));
    const waiting: typeof to = {
      ...to,
      async headManifest(reference) {
        if (asked.push(reference) === 2) bothAsked();
        await both;
        return to.headManifest(reference);
      },
    };
    await stage.copy({ ...without, tag: 'v1', digest, to: waiting });
    expect(asked.toSorted()).toEqual([digest, 'v1'].toSorted());
  });

  it.each([
    ['is not what the tag holds', release('two').root.digest],
    ['cannot be asked for', release('one').root.digest],
  ])('does without a planned digest that %s', async (_, digest) => {
    await stage.publish(release('one'));
    stage.target.faults.add({
      on: 'headManifest',
      reference: digest,
      answer: { status: 418 },
    });
    expect(await stage.copy({ ...without, tag: 'v1', digest })).toMatchObject({
      digest: release('one').root.digest,
    });
    expect(stage.requests().target).toMatchObject({ headManifest: 3, putManifest: 1 });
  });

  it('adds 3 for the attachments of an image that has none', async () => {
    await stage.publish(release('one'));
    stage.requests();
    await stage.copy();
    expect(total()).toBe(3 * 6 + 6 + 3);
  });

  it('adds K+3 for the attachments of an index that has none', async () => {
    await stage.publish(multiPlatform('one'));
    stage.requests();
    await stage.copy();
    expect(total()).toBe(3 * 18 + 3 * 3 + 6 + 3 + 3);
  });
});

describe('request budgets of a signature that comes along', () => {
  const content = release('signed');
  const signed = signature(content.root);
  const WITHOUT_API = { referrers: false };

  // Besides 3B+6 for the image and 3 for the question whether there is anything: what it takes to find, send and list a
  // signature of two blobs, one of them well known, and to see what is attached to it. That there is no API has to be said
  // twice.
  it.each([
    ['12 with the referrers API on both sides', {}, 12],
    ['16 with it at the source', { target: WITHOUT_API }, 16],
    ['17 with it at the target', { source: WITHOUT_API }, 17],
    ['17 with it at neither', { source: WITHOUT_API, target: WITHOUT_API }, 17],
  ])('are %s', async (_, options, more) => {
    await stage.close();
    stage = await createStage(options);
    const list = 'source' in options ? [fallbackIndex(content.root, [signed])] : [];
    await stage.publish(together(content, signed, ...list));
    stage.requests();
    await stage.copy();
    expect(total()).toBe(3 * 6 + 6 + 3 + more);
  });
});
