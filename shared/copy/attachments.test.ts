import { cosignTag, fallbackIndex, fallbackTag, signature } from '../../local/images/attachments';
import { together, type Image } from '../../local/images/content';
import { image, index } from '../../local/images/image';
import { push } from '../../local/images/push';
import { findMissing, listReferrers, listTags } from '../../local/images/read';
import { layer } from '../../local/images/layer';
import { createStage, TARGET, type Stage, type StageOptions } from '../../test/support/copy-stage';
import { parseManifest } from '../oci/manifest';
import { mergeReferrers, referrerDescriptor } from './referrers-index';
import { createJumpingClock } from '../../test/support/jumping-clock';

let stage: Stage;
afterEach(async () => {
  await stage.close();
});

const WITHOUT_API = { referrers: false };
const KINDS: readonly (readonly [string, StageOptions])[] = [
  ['both with the referrers API', {}],
  ['only the source with it', { target: WITHOUT_API }],
  ['only the target with it', { source: WITHOUT_API }],
  ['none with it', { source: WITHOUT_API, target: WITHOUT_API }],
];

const release = image({ layers: [layer({ seed: 'release' })], tag: 'v1' });
const signed = signature(release.root);
const at = () => ({ registry: stage.target.address, repository: TARGET });

/** The release with a signature, listed under the fallback tag too if the source has no API. */
function signedRelease(options: StageOptions): Image {
  const parts = [signed, ...(options.source ? [fallbackIndex(release.root, [signed])] : [])];
  return together(release, ...parts);
}

async function listedAtTarget(subject: Image = release): Promise<readonly string[]> {
  const listed = await listReferrers(at(), subject.root.digest);
  if (listed) return listed;
  const list = await stage.open('target').getManifest(fallbackTag(subject.root.digest));
  return list.manifests.map(({ digest }) => digest);
}

describe.each(KINDS)('%s', (_, options) => {
  beforeEach(async () => {
    stage = await createStage(options);
  });

  it('copies referrers and lists them', async () => {
    await stage.publish(signedRelease(options));
    expect(await stage.copy()).toMatchObject({ attachments: 1, notes: [] });
    expect(await findMissing(signed, at())).toEqual([]);
    expect(await listedAtTarget()).toEqual([signed.root.digest]);
  });

  it('copies a referrer that comes late by its digest', async () => {
    await stage.publish(release);
    await stage.copy();
    await stage.publish(signedRelease(options));
    const outcome = await stage.copy({ digest: signed.root.digest, destinationTag: undefined });
    expect(outcome).toMatchObject({
      outcome: 'copied',
      digest: signed.root.digest,
      attachments: 1,
    });
    expect(await listedAtTarget()).toEqual([signed.root.digest]);
  });

  it('copies a signature of a signature', async () => {
    const second = signature(signed.root, 'auditor');
    const lists = options.source
      ? [fallbackIndex(release.root, [signed]), fallbackIndex(signed.root, [second])]
      : [];
    await stage.publish(together(release, signed, second, ...lists));
    expect(await stage.copy()).toMatchObject({ attachments: 2 });
    expect(await listedAtTarget(signed)).toEqual([second.root.digest]);
  });

  it('has nothing to do the second time, even when asked to look closely', async () => {
    await stage.publish(signedRelease(options));
    await stage.copy();
    expect(await stage.copy({ repair: true })).toMatchObject({
      outcome: 'current',
      attachments: 0,
    });
  });
});

describe('with the referrers API on both sides', () => {
  beforeEach(async () => {
    stage = await createStage();
  });

  it('copies the attachments before the tag', async () => {
    await stage.publish(together(release, signed, cosignTag(release.root)));
    await stage.copy();
    const written = stage.target.requests.of('putManifest').map(({ reference }) => reference);
    expect(written[0]).toBe(release.root.digest);
    expect(written.slice(1, -1).sort()).toEqual(
      [`${fallbackTag(release.root.digest)}.sig`, signed.root.digest].sort(),
    );
    expect(written.at(-1)).toBe('v1');
  });

  it('copies what is attached to the children of an index', async () => {
    const child = image({ layers: [layer({ seed: 'child' })] });
    const parent = index({
      entries: [{ image: index({ entries: [{ image: child }] }) }],
      tag: 'v1',
    });
    const parts = [
      signature(child.root),
      cosignTag(child.root, 'att'),
      cosignTag(child.root, 'sbom'),
    ];
    await stage.publish(together(parent, ...parts));
    expect(await stage.copy()).toMatchObject({ attachments: 3 });
    for (const part of parts) expect(await findMissing(part, at())).toEqual([]);
  });

  it('adds what is missing when it repairs', async () => {
    await stage.publish(release);
    await stage.copy();
    await stage.publish(together(release, signed));
    expect(await stage.copy()).toMatchObject({ outcome: 'current' });
    expect(await stage.copy({ repair: true })).toMatchObject({ outcome: 'copied', attachments: 1 });
    expect(await listedAtTarget()).toEqual([signed.root.digest]);
  });

  it('leaves attachments where they are when asked to', async () => {
    await stage.publish(together(release, signed, cosignTag(release.root)));
    expect(await stage.copy({ attachments: false })).toMatchObject({ attachments: 0 });
    expect(await listTags(at())).toEqual(['v1']);
  });

  it('passes over a manifest at the name of a fallback tag', async () => {
    const strange = image({
      layers: [layer({ seed: 'x' })],
      tag: fallbackTag(release.root.digest),
    });
    await stage.publish(together(release, strange));
    const { notes, outcome } = await stage.copy();
    expect(outcome).toBe('copied');
    expect(notes).toEqual([expect.stringContaining('is no list of referrers')]);
    expect(await listTags(at())).toEqual(['v1']);
  });

  it('passes over a referrer that is listed but gone', async () => {
    stage.source.faults.add({
      on: 'listReferrers',
      times: Infinity,
      answer: {
        status: 200,
        headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
        body: JSON.stringify({
          schemaVersion: 2,
          mediaType: 'application/vnd.oci.image.index.v1+json',
          manifests: [signed.root],
        }),
      },
    });
    await stage.publish(release);
    expect(await stage.copy()).toMatchObject({
      outcome: 'copied',
      notes: [expect.stringContaining('is listed, but not there')],
    });
  });

  it('asks for each tag where tags cannot be listed', async () => {
    stage.source.faults.add({ on: 'listTags', times: Infinity, answer: { status: 405 } });
    await stage.publish(together(release, cosignTag(release.root)));
    expect(await stage.copy()).toMatchObject({ attachments: 1 });
    expect(await listTags(at())).toContain(`${fallbackTag(release.root.digest)}.sig`);
  });

  it('fails when the tags cannot be listed just now', async () => {
    stage.source.faults.add({ on: 'listTags', times: Infinity, answer: { status: 500 } });
    await stage.publish(release);
    await expect(stage.copy()).rejects.toThrow('could not list the tags');
    expect(await stage.target.digestOf(TARGET, 'v1')).toBeUndefined();
  });

  it('stops following attachments of attachments of attachments', async () => {
    const chain = [release];
    for (let level = 0; level < 8; level++) chain.push(signature(chain.at(-1)!.root));
    await stage.publish(together(release, ...chain.slice(1)));
    await expect(stage.copy()).rejects.toThrow('go on for over 5 levels');
  });

  it('does not go round in circles', async () => {
    // Two tags of cosign's form that hold what the other is about.
    const other = image({
      layers: [layer({ seed: 'other' })],
      tag: `${fallbackTag(release.root.digest)}.sig`,
    });
    await stage.publish(together(release, other));
    await stage.publish(release, `${fallbackTag(other.root.digest)}.sig`);
    expect(await stage.copy()).toMatchObject({ attachments: 2 });
  });

  it("forgets an attachment's tag that was removed meanwhile", async () => {
    const tag = cosignTag(release.root);
    await stage.publish(together(release, tag));
    stage.source.faults.add({
      on: 'getManifest',
      reference: `${fallbackTag(release.root.digest)}.sig`,
      times: Infinity,
      answer: { status: 404, errors: [{ code: 'MANIFEST_UNKNOWN' }] },
    });
    expect(await stage.copy()).toMatchObject({ outcome: 'copied', attachments: 0 });
  });
});

describe('at a target that never moves tags', () => {
  beforeEach(async () => {
    stage = await createStage({ target: { immutableTags: true, referrers: false } });
  });

  it('releases, and says which attachments are there by digest only', async () => {
    await stage.publish(together(release, cosignTag(release.root), signed));
    await stage.copy();
    const next = signature(release.root, 'auditor');
    const moved = cosignTag(release.root, 'att');
    await stage.publish({ ...moved, ...withTag(moved, `${fallbackTag(release.root.digest)}.sig`) });
    await stage.publish(together(release, next));
    const { notes, outcome } = await stage.copy({ destinationTag: 'v2' });
    expect(outcome).toBe('copied');
    expect(notes.toSorted()).toEqual([
      expect.stringMatching(/^the target refused to move .*sha256-[0-9a-f]{64} to a longer list/),
      expect.stringMatching(/^the target refused to move .*\.sig from sha256:.* to sha256:/),
    ]);
    for (const part of [moved, next]) {
      expect(await findMissing(withTag(part, undefined), at())).toEqual([]);
    }
  });
});

describe('at a target without the referrers API', () => {
  beforeEach(async () => {
    stage = await createStage({ target: WITHOUT_API });
  });

  it('keeps annotations and artifact types in the list', async () => {
    await stage.publish(together(release, signed));
    await stage.copy();
    const { bytes, mediaType } = signed.manifests.at(-1)!;
    const list = await stage.open('target').getManifest(fallbackTag(release.root.digest));
    expect(list.manifests).toEqual([referrerDescriptor(parseManifest(bytes, mediaType))]);
    expect(list.manifests[0]?.annotations).toHaveProperty(['org.example.signer']);
  });

  it('loses nothing when several writers list at once', async () => {
    const signatures = ['a', 'b', 'c', 'd', 'e'].map((by) => signature(release.root, by));
    await stage.publish(together(release, ...signatures));
    await stage.copy({ attachments: false });
    await Promise.all(
      signatures.map(({ root }) => stage.copy({ digest: root.digest, destinationTag: undefined })),
    );
    expect((await listedAtTarget()).toSorted()).toEqual(
      signatures.map(({ root }) => root.digest).sort(),
    );
  });

  it('lists again what another writer has overwritten', async () => {
    await stage.publish(together(release, signed));
    const theirs = parseManifest(
      mergeReferrers([], [signature(release.root, 'them').root])!,
      'application/vnd.oci.image.index.v1+json',
    );
    const to = stage.open('target');
    let overwritten = 0;
    const racing = {
      ...to,
      async putManifest(...[manifest, reference]: Parameters<typeof to.putManifest>) {
        await to.putManifest(manifest, reference);
        if (reference !== fallbackTag(release.root.digest) || overwritten++ > 0) return;
        await push(signature(release.root, 'them'), at());
        await to.putManifest(theirs, reference);
      },
    };
    await stage.copy({ to: racing, clock: createJumpingClock() });
    expect(await listedAtTarget()).toHaveLength(2);
  });

  it('gives up for now when others overwrite it every time', async () => {
    await stage.publish(together(release, signed));
    const to = stage.open('target');
    const forgetful = {
      ...to,
      putManifest: async (...[manifest, reference]: Parameters<typeof to.putManifest>) => {
        if (reference !== fallbackTag(release.root.digest))
          await to.putManifest(manifest, reference);
      },
    };
    await expect(stage.copy({ to: forgetful, clock: createJumpingClock() })).rejects.toThrow(
      'moved in each of 5 rounds',
    );
  });

  it('leaves alone what is no list at the name of the list', async () => {
    await stage.publish(release);
    await stage.copy({ destinationTag: fallbackTag(release.root.digest) });
    await stage.publish(together(release, signed));
    const { notes } = await stage.copy();
    expect(notes).toEqual([expect.stringContaining('left as it is')]);
    expect(await stage.target.digestOf(TARGET, fallbackTag(release.root.digest))).toBe(
      release.root.digest,
    );
  });

  it('lists an image that is an attachment itself', async () => {
    const referrer = image({ subject: release.root, layers: [layer({ seed: 's' })], tag: 'v1' });
    await stage.publish(referrer);
    for (const attachments of [true, false]) {
      await stage.copy({ attachments, destinationTag: `with-${attachments}` });
    }
    expect(await listedAtTarget()).toEqual([referrer.root.digest]);
  });
});

function withTag(content: Image, tag: string | undefined): Image {
  const manifests = content.manifests.map(({ mediaType, digest, bytes }) => ({
    mediaType,
    digest,
    bytes,
    ...(tag !== undefined && digest === content.root.digest && { tag }),
  }));
  return { ...content, manifests };
}
