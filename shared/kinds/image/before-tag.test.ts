import { cosignTag, fallbackTag, signature } from '../../../local/images/attachments';
import { blob, together, type Image } from '../../../local/images/content';
import { image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { push } from '../../../local/images/push';
import { findMissing, readImage } from '../../../local/images/read';
import { createStage, SOURCE, TARGET, type Stage } from '../../../test/support/copy-stage';
import { createCopyCaches } from '../../copying/caches';
import { TagConflictError } from '../../copying/errors';
import type { Repository } from '../../oci/repository';
import { system } from '../../system/system';

let stage: Stage;
afterEach(async () => {
  await stage.close();
});

const at = () => ({ registry: stage.target.address, repository: TARGET });
const release = (seed: string) => image({ layers: [layer({ seed })], config: { seed }, tag: 'v1' });

describe('a registry that takes away what no tag holds any more, and later takes an index alone', () => {
  const [one, two] = ['one', 'two'].map((seed) =>
    index({
      entries: ['amd64', 'arm64'].map((architecture) => ({
        image: image({ layers: [layer({ seed: `${seed} ${architecture}` })] }),
        platform: { os: 'linux', architecture },
      })),
      tag: 'v1',
    }),
  ) as [Image, Image];

  async function collect({ manifests }: Image): Promise<void> {
    for (const { digest } of manifests) {
      const url = `${stage.target.origin}/v2/${TARGET}/manifests/${digest}`;
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(202);
    }
  }

  beforeEach(async () => {
    stage = await createStage({ target: { sparse: true } });
    await stage.publish(one);
  });

  it.each([true, false])(
    'gets all of it again when the release is rolled back (attachments: %s)',
    async (attachments) => {
      await stage.copy({ attachments });
      await stage.publish(two);
      await stage.copy({ attachments, caches: createCopyCaches(system.clock) });
      await collect(one);
      await stage.publish(one);
      expect(await stage.copy({ attachments })).toMatchObject({ digest: one.root.digest });
      expect(await findMissing(one, at())).toStrictEqual([]);
    },
  );

  it.each([
    ['while an attachment is sent', 'putBlob', undefined],
    ['while the tag is written', 'putManifest', 'latest'],
  ] as const)(
    'gets all of it again for a second tag when the first one moves %s',
    async (_, on, reference) => {
      await stage.copy();
      await stage.publish(together(one, signature(one.root)));
      await stage.publish(one, 'latest');
      const before = () => push(two, at()).then(() => collect(one));
      stage.target.faults.add({ on, before, reference });
      const named = { tag: 'latest', caches: createCopyCaches(system.clock) };
      expect(await stage.copy(named)).toMatchObject({ digest: one.root.digest });
      expect(await readImage(at(), 'latest')).toMatchObject({
        digest: one.root.digest,
        missing: [],
      });
    },
  );

  it('gets all of it again when the source moves there and back during one copy', async () => {
    const from = stage.open('source');
    const moves: Record<number, () => Promise<void>> = {
      2: () => stage.publish(two),
      4: () => collect(one).then(() => stage.publish(one)),
    };
    let reads = 0;
    const moving: typeof from = {
      ...from,
      async headManifest(reference) {
        await moves[++reads]?.();
        return from.headManifest(reference);
      },
    };
    const copied = await stage.copy({ from: moving, attachments: false });
    expect(copied).toMatchObject({ digest: one.root.digest });
    expect(reads).toBe(6);
    expect(await findMissing(one, at())).toStrictEqual([]);
  });
});

describe('an immutable tag', () => {
  beforeEach(async () => {
    stage = await createStage();
    await stage.publish(release('one'));
  });

  it('is written when it is new, and left alone when it is right', async () => {
    expect(await stage.copy({ immutable: true })).toMatchObject({ outcome: 'copied' });
    expect(await stage.copy({ immutable: true })).toMatchObject({ outcome: 'current' });
  });

  it('is never moved, and nothing is sent', async () => {
    await stage.copy();
    await stage.publish(release('two'));
    stage.requests();
    await expect(stage.copy({ immutable: true })).rejects.toMatchObject({
      name: 'TagConflictError',
      held: release('one').root.digest,
      wanted: release('two').root.digest,
    });
    expect(stage.requests().target).toEqual({ headManifest: 1 });
  });

  /** Another writer, between the content and the tag. */
  const racing = (other: Image): Repository => {
    const to = stage.open('target');
    return {
      ...to,
      async putManifest(manifest, reference) {
        await to.putManifest(manifest, reference);
        await push(other, at());
      },
    };
  };

  it('is looked at again just before it is written', async () => {
    const to = racing(release('other'));
    await expect(stage.copy({ to, immutable: true })).rejects.toBeInstanceOf(TagConflictError);
    expect(await stage.target.digestOf(TARGET, 'v1')).toBe(release('other').root.digest);
  });

  it('may be written by another with the same', async () => {
    const to = racing(release('one'));
    expect(await stage.copy({ to, immutable: true })).toMatchObject({ outcome: 'copied' });
  });
});

describe('repair', () => {
  it('copies a child that the target has lost', async () => {
    stage = await createStage({ target: { sparse: true } });
    const child = image({ layers: [layer({ seed: 'child' })] });
    const parent = index({ entries: [{ image: child }], tag: 'v1' });
    await stage.publish(parent);
    await push({ ...parent, blobs: [], manifests: parent.manifests.slice(-1) }, at());
    expect(await stage.copy()).toMatchObject({ outcome: 'current' });
    expect(await stage.copy({ repair: true })).toMatchObject({
      outcome: 'copied',
      uploadedBlobs: 2,
    });
    expect(await findMissing(parent, at())).toStrictEqual([]);
  });
});

it('asks nothing of the source about what it has made for the target, in a repair either', async () => {
  stage = await createStage();
  const platform = { os: 'linux', architecture: 'arm64' };
  const entries = [platform, { os: 'linux', architecture: 'amd64' }].map((one) => ({
    image: image({ platform: one }),
    platform: one,
  }));
  await stage.publish(index({ entries, tag: 'v1' }));
  await stage.copy({ platforms: [platform] });
  stage.requests();
  await stage.copy({ platforms: [platform], repair: true });
  const asked = stage.source.requests.of('listReferrers').map(({ path }) => path.split('/').at(-1));
  expect(asked).toEqual([entries[0]!.image.root.digest]);
});

describe('within one registry', () => {
  beforeEach(async () => {
    stage = await createStage();
    await stage.publish(release('one'));
  });

  it('mounts every blob from the source', async () => {
    const to = stage.open('source', 'acme/api');
    stage.requests();
    expect(await stage.copy({ to, attachments: false })).toMatchObject({ uploadedBlobs: 0 });
    expect(stage.requests().source).toMatchObject({ mountBlob: 2, putManifest: 1 });
    expect(stage.source.requests.of('getBlob')).toStrictEqual([]);
  });

  it.each([
    ['an image', release('one')],
    [
      'an index',
      index({ entries: [{ image: image({ layers: [layer({ seed: 'x' })] }) }], tag: 'v1' }),
    ],
  ])(
    'sends nothing but the manifest of %s to another tag of the same repository',
    async (_, made) => {
      await stage.publish(made);
      const to = stage.open('source');
      stage.requests();
      await stage.copy({ to, destinationTag: 'latest', attachments: false });
      expect(stage.requests().source).toEqual({ headManifest: 3, getManifest: 1, putManifest: 1 });
    },
  );

  it('mounts from another repository of the same owner', async () => {
    await stage.copy({ mountScope: 'acme' });
    stage.requests();
    const to = stage.open('target', 'acme/vendor/worker');
    expect(await stage.copy({ to, mountScope: 'acme' })).toMatchObject({ uploadedBlobs: 0 });
    const caches = createCopyCaches(system.clock);
    const other = stage.open('target', 'globex/api');
    expect(await stage.copy({ to: other, mountScope: 'globex', caches })).toMatchObject({
      uploadedBlobs: 2,
    });
  });
});

describe('content', () => {
  const linux = (architecture: string) => ({ os: 'linux', architecture });
  const platforms = ['amd64', 'arm64'].map((architecture) => ({
    image: image({ layers: [layer({ seed: architecture })], platform: linux(architecture) }),
    platform: linux(architecture),
  }));
  const whole = index({ entries: platforms, tag: 'v1' });
  const arm = { platforms: [linux('arm64')] };

  it('of a part of an index is pushed where the whole is', async () => {
    stage = await createStage();
    await stage.publish(whole);
    const to = stage.open('source');
    stage.requests();
    const { digest } = await stage.copy({ ...arm, to, destinationTag: 'arm' });
    const put = stage.source.requests.of('putManifest').map(({ reference }) => reference);
    expect(put).toEqual([digest, 'arm']);
    expect(stage.requests().source).not.toHaveProperty('headBlob');
    const source = { registry: stage.source.address, repository: 'vendor/api' };
    expect(await readImage(source, 'arm')).toMatchObject({ digest, missing: [] });
    expect(await stage.source.digestOf('vendor/api', 'v1')).toBe(whole.root.digest);
  });

  it.each([
    ['is pushed with its tag alone', release('one'), 1],
    [
      'is there by its digest first where it refers to something',
      image({ subject: release('one').root, tag: 'v1' }),
      2,
    ],
  ])('%s, without attachments', async (_what, content, pushes) => {
    stage = await createStage();
    await stage.publish(content);
    await stage.copy({ attachments: false });
    const put = stage.target.requests.of('putManifest').map(({ path }) => path.split('/').at(-1));
    expect(put).toEqual([content.root.digest, 'v1'].slice(-pushes));
  });

  it('is left alone where the target has it, under whatever tag', async () => {
    stage = await createStage();
    await stage.publish(whole);
    await push(whole, { ...at(), tag: 'other' });
    stage.requests();
    await stage.copy();
    const { target } = stage.requests();
    expect(target).toMatchObject({ putManifest: 1 });
    expect(target).not.toHaveProperty('putBlob');
    // The tag, the index; and its children once the tag keeps them.
    expect(target).toMatchObject({ headManifest: 2 + 2 });
  });

  it('is sent to a repository of the same name elsewhere', async () => {
    stage = await createStage();
    await stage.publish(whole);
    await stage.copy({ to: stage.open('target', SOURCE) });
    const put = stage.target.requests.of('putManifest').map(({ reference }) => reference);
    expect(put.slice(-2)).toEqual([whole.root.digest, 'v1']);
    expect(put).toHaveLength(4);
    const elsewhere = { registry: stage.target.address, repository: SOURCE };
    expect(await findMissing(whole, elsewhere)).toStrictEqual([]);
  });

  it('that refers to something is listed where that is done by a tag, without attachments, too', async () => {
    stage = await createStage({ target: { referrers: false } });
    const content = image({ subject: release('one').root, tag: 'v1' });
    await stage.publish(content);
    await stage.copy({ attachments: false });
    const list = await readImage(at(), fallbackTag(release('one').root.digest));
    expect(list.manifests.map(({ digest }) => digest)).toContain(content.root.digest);
  });

  it.each([
    ['refers to it', signature(whole.root)],
    ['is under its tag', cosignTag(whole.root)],
  ])('says that what %s stays where a part is copied', async (_how, attached) => {
    stage = await createStage();
    await stage.publish(together(whole, attached));
    stage.requests();
    const { notes } = await stage.copy(arm);
    expect(notes).toEqual([
      `what is attached to the whole index ${whole.root.digest} is not carried: only some platforms are copied`,
    ]);
    expect(stage.source.requests.of('listTags')).toHaveLength(1);
  });

  it('says nothing of it where nothing is attached, or where all of it is copied', async () => {
    stage = await createStage();
    await stage.publish(whole);
    expect((await stage.copy({ ...arm, destinationTag: 'arm' })).notes).toStrictEqual([]);
    await stage.publish(together(whole, signature(whole.root)));
    const everything = { platforms: [linux('amd64'), linux('arm64')] };
    expect((await stage.copy(everything)).notes).toStrictEqual([]);
  });

  it.each([
    ['nothing is attached', release('one'), 2],
    ['something was sent since', together(release('one'), signature(release('one').root)), 3],
  ])('is followed by a look at the source’s tag where %s', async (_what, content, looks) => {
    stage = await createStage();
    await stage.publish(content);
    stage.requests();
    await stage.copy();
    expect(stage.requests().source).toMatchObject({ headManifest: looks });
  });

  it('is asked for after the tag, as far as it was there before', async () => {
    stage = await createStage();
    const [amd, armed] = platforms;
    const text = blob(Buffer.from('no manifest'), 'text/plain');
    const listing = index({
      entries: platforms,
      fields: { manifests: [amd!.image.root, armed!.image.root, text.descriptor] },
      tag: 'v1',
    });
    await stage.publish({ ...listing, blobs: [...listing.blobs, text.blob] });
    await push(amd!.image, { ...at(), tag: 'amd' });
    stage.requests();
    await stage.copy({ attachments: false });
    const { requests } = stage.target;
    const asked = [amd!.image.root, armed!.image.root, text.descriptor].map(({ digest }) =>
      (['headManifest', 'headBlob'] as const).map(
        (name) => requests.of(name).filter(({ path }) => path.endsWith(digest)).length,
      ),
    );
    expect(asked).toEqual([
      [2, 0],
      [1, 0],
      [0, 0],
    ]);
  });
});

it('repairs what is attached, if that is wanted', async () => {
  stage = await createStage();
  await stage.publish(release('one'));
  await stage.copy();
  const signed = signature(release('one').root);
  await stage.publish(together(release('one'), signed));
  expect(await stage.copy({ repair: true, attachments: false })).toMatchObject({ attachments: 0 });
  expect(await stage.copy({ repair: true })).toMatchObject({ outcome: 'copied', attachments: 1 });
  expect(await findMissing(signed, at())).toStrictEqual([]);
});
