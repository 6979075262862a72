import {
  buildkitAttestation,
  cosignTag,
  fallbackTag,
  signature,
} from '../../../local/images/attachments';
import { together } from '../../../local/images/content';
import { image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { OCI } from '../../../local/images/media-types';
import { push } from '../../../local/images/push';
import { findMissing, readImage } from '../../../local/images/read';
import { createStage, SOURCE, TARGET, type Stage } from '../../../test/support/copy-stage';
import { createJumpingClock } from '../../../test/support/jumping-clock';
import { emptyTraffic } from '../../oci/http/traffic';
import type { Digest } from '../../oci/digest';
import { createCopyCaches } from '../../copying/caches';
import { TagConflictError } from '../../copying/errors';
import { copyImage } from './copy';
import { systemClock } from '../../system/clock';
import { system } from '../../system/system';

let stage: Stage;
afterEach(async () => {
  await stage.close();
});

const at = () => ({ registry: stage.target.address, repository: TARGET });
const release = (seed: string) => image({ layers: [layer({ seed })], config: { seed }, tag: 'v1' });

describe('a tag that moves while it is copied', () => {
  beforeEach(async () => {
    stage = await createStage();
  });

  it.each([
    ['before the tag is written', 1],
    ['after the tag was written', 2],
  ])('is followed when it moves %s', async (_, reads) => {
    await stage.publish(release('one'));
    const from = stage.open('source');
    let seen = 0;
    const moving: typeof from = {
      ...from,
      async headManifest(reference) {
        if (++seen === reads) await stage.publish(release('two'));
        return from.headManifest(reference);
      },
    };
    const { digest } = await stage.copy({ from: moving });
    expect(digest).toBe(release('two').root.digest);
    expect(await stage.target.digestOf(TARGET, 'v1')).toBe(digest);
    // What the source does not hold any more is not written.
    const written = stage.target.requests.of('putManifest').filter(({ path }) => /v1$/.test(path));
    expect(written).toHaveLength(reads);
  });

  it('is given up for now when it never stands still', async () => {
    await stage.publish(release('0'));
    const from = stage.open('source');
    let moves = 0;
    const moving: typeof from = {
      ...from,
      async headManifest(reference) {
        await stage.publish(release(`${++moves}`));
        return from.headManifest(reference);
      },
    };
    await expect(stage.copy({ from: moving })).rejects.toThrow('moved in each of 5 rounds');
  });

  it.each(['before', 'after'])('is gone when it was removed %s the write', async (when) => {
    await stage.publish(release('one'));
    const from = stage.open('source');
    let seen = 0;
    const going: typeof from = {
      ...from,
      headManifest: (reference) =>
        ++seen > (when === 'before' ? 0 : 1)
          ? Promise.resolve(undefined)
          : from.headManifest(reference),
    };
    await expect(stage.copy({ from: going })).rejects.toMatchObject({ name: 'SourceGoneError' });
  });

  it('is what counts, whatever digest the job was planned with', async () => {
    await stage.publish(release('one'));
    await stage.publish(release('two'));
    const outcome = await stage.copy({ tag: 'v1', digest: release('one').root.digest });
    expect(outcome.digest).toBe(release('two').root.digest);
  });

  it('shows a reader the old image complete or the new one complete, never less', async () => {
    const versions = ['one', 'two'].map((seed) =>
      index({
        entries: ['amd64', 'arm64'].map((architecture) => ({
          image: image({ layers: [layer({ seed: `${seed} ${architecture}`, size: 100_000 })] }),
          platform: { os: 'linux', architecture },
        })),
        tag: 'v1',
      }),
    );
    await stage.publish(versions[0]!);
    await stage.copy();
    await stage.publish(versions[1]!);
    const seen: (Digest | undefined)[] = [];
    const { hits } = stage.target.faults.add({
      on: ['putBlob', 'putManifest'],
      times: Infinity,
      async afterwards() {
        const { digest, missing } = await readImage(at(), 'v1');
        expect(missing).toStrictEqual([]);
        seen.push(digest);
      },
    });
    await stage.copy();
    const [old, next] = versions.map(({ root }) => root.digest);
    // The blobs and manifests of both images, the index by its digest, and then its tag.
    expect(hits()).toBe(2 * 2 + 2 + 1 + 1);
    expect(seen.at(-1)).toBe(next);
    expect(seen.slice(0, -1)).toEqual(Array.from({ length: hits() - 1 }, () => old));
  });
});

describe('a source without what is asked for', () => {
  beforeEach(async () => {
    stage = await createStage();
    await stage.publish(release('one'));
  });

  it('says that a tag is gone', async () => {
    await expect(stage.copy({ tag: 'v2' })).rejects.toMatchObject({
      name: 'SourceGoneError',
      reference: `${stage.source.address}/${SOURCE}:v2`,
    });
  });

  it('does not take a missing repository for a missing tag', async () => {
    const from = stage.open('source', 'vendor/unknown');
    stage.source.faults.add({
      on: 'getManifest',
      times: Infinity,
      answer: { status: 404, errors: [{ code: 'NAME_UNKNOWN' }] },
    });
    await expect(stage.copy({ from })).rejects.toMatchObject({
      name: 'CopyError',
      operation: 'read the manifest',
      side: 'source',
    });
  });

  it('copies a digest to a tag', async () => {
    const { digest } = release('one').root;
    expect(await stage.copy({ digest, destinationTag: 'pinned' })).toMatchObject({ digest });
    expect(await stage.target.digestOf(TARGET, 'pinned')).toBe(digest);
  });

  it('rejects a request that names nothing to copy', async () => {
    const { traffic, source, target } = {
      traffic: emptyTraffic(),
      source: stage.open('source'),
      target: stage.open('target'),
    };
    const options = { attachments: true, immutable: false, repair: false, blobConcurrency: 1 };
    const request = {
      ...system,
      source,
      target,
      traffic,
      options,
      caches: createCopyCaches(system.clock),
    };
    await expect(copyImage(request)).rejects.toThrow('needs a tag or a digest');
  });
});

describe('platforms', () => {
  const linux = (architecture: string) => ({ os: 'linux', architecture });
  const entries = ['amd64', 'arm64', 's390x'].map((architecture) => ({
    image: image({ layers: [layer({ seed: architecture })], platform: linux(architecture) }),
    platform: linux(architecture),
  }));
  const attestations = entries.map((entry) => buildkitAttestation(entry.image.root));
  const whole = index({ entries: [...entries, ...attestations], tag: 'v1' });

  beforeEach(async () => {
    stage = await createStage();
  });

  it('copies a smaller index, with what is attached to what is left, and says what is not', async () => {
    const child = signature(entries[1]!.image.root);
    await stage.publish(together(whole, signature(whole.root), child));
    const outcome = await stage.copy({
      platforms: [linux('arm64'), linux('ppc64le')],
      verify: true,
    });
    expect(outcome).toMatchObject({ outcome: 'copied', attachments: 1 });
    // Of the index that was made for the target the source knows nothing.
    const asked = stage.source.requests
      .of('listReferrers')
      .map(({ path }) => path.split('/').at(-1));
    expect(asked).toContain(entries[1]!.image.root.digest);
    expect(asked).not.toContain(outcome.digest);
    expect(outcome.digest).not.toBe(whole.root.digest);
    expect(outcome.madeFrom).toBe(whole.root.digest);
    expect(outcome.notes).toEqual([
      expect.stringContaining(`attached to the whole index ${whole.root.digest} is not carried`),
      'the source has no linux/ppc64le',
    ]);
    const { manifests, missing } = await readImage(at(), 'v1');
    expect(missing).toStrictEqual([]);
    expect(manifests.map(({ digest }) => digest)).toEqual([
      outcome.digest,
      entries[1]!.image.root.digest,
      attestations[1]!.image.root.digest,
    ]);
    expect(await findMissing(child, at())).toStrictEqual([]);
  });

  it('is current in 2 requests the second time', async () => {
    await stage.publish(whole);
    const planned = { tag: 'v1', digest: whole.root.digest, platforms: [linux('arm64')] };
    expect(await stage.copy(planned)).toMatchObject({ outcome: 'copied', notes: [] });
    stage.requests();
    const again = await stage.copy(planned);
    expect(again).toMatchObject({ outcome: 'current', notes: [] });
    expect(stage.requests()).toEqual({ source: { getManifest: 1 }, target: { headManifest: 1 } });
  });

  it('copies a single image verbatim, and asks its config', async () => {
    await stage.publish(release('one'));
    const outcome = await stage.copy({ platforms: [linux('amd64')] });
    expect(outcome).toMatchObject({ digest: release('one').root.digest, notes: [] });
    expect(outcome).not.toHaveProperty('madeFrom');
    stage.requests();
    expect(await stage.copy({ platforms: [linux('amd64')] })).toMatchObject({ outcome: 'current' });
    expect(stage.requests().source).toEqual({ getManifest: 1, getBlob: 1 });
  });

  it.each([
    ['an index', whole],
    ['an image', release('one')],
    ['an image that does not say', image({ tag: 'v1', config: { os: undefined } })],
    [
      'an image whose config is no JSON',
      image({ tag: 'v1', fields: { config: { ...layer().descriptor, mediaType: OCI.config } } }),
    ],
    [
      'an image without a readable config',
      image({ tag: 'v1', fields: { config: layer().descriptor } }),
    ],
  ])('refuses %s that has none of them', async (_, content) => {
    await stage.publish(content);
    await expect(stage.copy({ platforms: [linux('mips')] })).rejects.toMatchObject({
      name: 'UncopyableError',
      message: expect.stringContaining('none of the wanted platforms (linux/mips)') as string,
    });
  });
});

describe('a tag of the target', () => {
  const child = image({ layers: [layer({ seed: 'child' })] });
  const parent = index({ entries: [{ image: child }], tag: 'v1' });

  beforeEach(async () => {
    stage = await createStage();
  });

  it.each([
    ['is believed where it is right', false, 0],
    ['is not, if repair is wanted', true, 1],
  ])('%s', async (_, repair, attachments) => {
    await stage.publish(release('one'));
    await stage.copy();
    await stage.publish(signature(release('one').root));
    expect(await stage.copy({ repair })).toMatchObject({ attachments });
  });

  it('is believed where this copy has written it, if repair is wanted or not', async () => {
    await stage.publish(together(release('one'), signature(release('one').root)));
    stage.requests();
    await stage.copy({ repair: true });
    // For the release, and for its signature.
    expect(stage.requests().source).toMatchObject({ listReferrers: 2 });
  });

  it('that may not be moved is no reason to ask for proofs, or to read anything', async () => {
    await stage.publish(release('one'));
    await stage.copy();
    await stage.publish(release('two'));
    stage.requests();
    const gate = jest.fn();
    await expect(stage.copy({ immutable: true, gate })).rejects.toThrow(TagConflictError);
    expect(gate).not.toHaveBeenCalled();
    expect(stage.requests()).toEqual({ source: { getManifest: 1 }, target: { headManifest: 1 } });
  });

  it.each([
    ['is new: all is read at once', undefined, 2],
    ['has another version: what the target has is not read', release('old'), 1],
  ])('%s', async (_, old, reads) => {
    if (old) await push(old, at());
    await push(child, { ...at(), tag: 'child' });
    await stage.publish(parent);
    stage.requests();
    await stage.copy({ attachments: false });
    expect(stage.requests().source).toMatchObject({ getManifest: reads });
    expect(await findMissing(parent, at())).toStrictEqual([]);
  });
});

describe('copies at once', () => {
  beforeEach(async () => {
    stage = await createStage();
    await stage.publish(release('one'));
  });

  it('send a blob to a repository once', async () => {
    const outcomes = await Promise.all(
      ['a', 'b', 'c'].map((destinationTag) => stage.copy({ destinationTag })),
    );
    expect(outcomes.map(({ uploadedBlobs }) => uploadedBlobs).sort()).toEqual([0, 0, 2]);
    expect(stage.target.requests.counts()).toMatchObject({ putBlob: 2 });
  });

  it('to one tag wait for each other', async () => {
    const outcomes = await Promise.all([stage.copy(), stage.copy()]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['copied', 'current']);
  });
});

it('refuses an index that is wrong about the size of a child', async () => {
  stage = await createStage();
  const child = release('one');
  const lying = { ...child, root: { ...child.root, size: 1 } };
  const platform = { os: 'linux', architecture: 'amd64' };
  await stage.publish(index({ entries: [{ image: lying, platform }], tag: 'v1' }));
  await expect(stage.copy()).rejects.toThrow(/says that it has 1 bytes, and it has \d+$/);
  expect(await stage.target.tags(TARGET)).toStrictEqual([]);
});

describe('what a copy reports', () => {
  beforeEach(async () => {
    stage = await createStage();
    await stage.publish(release('one'));
  });

  it('is how long it took, and when its source was read last', async () => {
    let time = 5_000;
    stage.target.faults.add({ on: 'putManifest', before: () => void (time += 1_500) });
    const clock = { ...systemClock, monotonic: () => time, now: () => time + 1_000_000 };
    // The source's tag is read once more after the target's was written.
    expect(await stage.copy({ clock })).toMatchObject({ seconds: 1.5, asOf: 1_006_500 });
  });

  it('is that its tag may be written late, where no answer says whether it was', async () => {
    const answer = { status: 504, late: true } as const;
    stage.target.faults.add({ on: 'putManifest', reference: 'v1', answer });
    const clock = createJumpingClock();
    expect(await stage.copy({ clock })).toMatchObject({
      outcome: 'copied',
      notes: ['a tag write is unconfirmed and may still land'],
    });
  });

  it('is no such thing about what has no tag', async () => {
    const reference = release('one').root.digest;
    const answer = { status: 504, late: true } as const;
    stage.target.faults.add({ on: 'putManifest', reference, answer });
    const clock = createJumpingClock();
    expect(await stage.copy({ clock })).toMatchObject({ outcome: 'copied', notes: [] });
  });

  it('is by which name an attachment came late', async () => {
    await stage.copy();
    const [listed, tagged] = [signature(release('one').root), cosignTag(release('one').root)];
    await stage.publish(together(listed, tagged));
    const tag = `${fallbackTag(release('one').root.digest)}.sig`;
    const { digest } = listed.root;
    const at = `${stage.target.address}/${TARGET}`;
    expect(await stage.copy({ digest, destinationTag: undefined })).toMatchObject({
      digest,
      destination: `${at}@${digest}`,
    });
    expect(await stage.copy({ tag, destinationTag: undefined })).toMatchObject({
      digest: tagged.root.digest,
      destination: `${at}:${tag}`,
    });
  });

  it.each([
    [true, 1],
    [false, 0],
  ])(
    'is true of what the target says afterwards, if that is wanted (%s)',
    async (verify, reads) => {
      stage.requests();
      await stage.copy({ attachments: false, verify });
      expect(stage.target.requests.of('getManifest')).toHaveLength(reads);
    },
  );

  it('is that it was ended before its beginning, when its signal is aborted already', async () => {
    await expect(stage.copy({ signal: AbortSignal.abort('enough') })).rejects.toMatchObject({
      name: 'CopyAbortedError',
      message: `the copy to ${stage.target.address}/${TARGET}:v1 was ended before it was done`,
      cause: 'enough',
      uploadedBlobs: 0,
    });
  });

  it('is what failed, where the caller did not end it', async () => {
    const { signal } = new AbortController();
    stage.source.faults.add({ on: 'getManifest', answer: { status: 418 } });
    await expect(stage.copy({ signal })).rejects.toMatchObject({ name: 'CopyError' });
  });
});
