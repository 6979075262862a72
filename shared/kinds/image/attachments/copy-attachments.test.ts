import {
  cosignTag,
  fallbackIndex,
  fallbackTag,
  signature,
} from '../../../../local/images/attachments';
import { together, type Image } from '../../../../local/images/content';
import { artifact, image, index } from '../../../../local/images/image';
import { push } from '../../../../local/images/push';
import { findMissing, listReferrers, listTags } from '../../../../local/images/read';
import { layer } from '../../../../local/images/layer';
import {
  createStage,
  SOURCE,
  TARGET,
  type Stage,
  type StageOptions,
} from '../../../../test/support/copy-stage';
import type { Digest } from '../../../oci/digest';
import { parseManifest } from '../../../oci/manifest';
import type { Repository } from '../../../oci/repository';
import { copyNode } from '../content/walk';
import { copyAttachments, listWritten, NOTHING_ATTACHED } from './copy-attachments';
import { mergeReferrers, referrerDescriptor } from './referrers-tag';
import { createJumpingClock } from '../../../../test/support/jumping-clock';
import { startStagedWalk } from '../../../../test/support/staged-walk';

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
    expect(await findMissing(signed, at())).toStrictEqual([]);
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
    for (const part of parts) expect(await findMissing(part, at())).toStrictEqual([]);
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

  it('asks for each tag where tags cannot be listed, and says so', async () => {
    stage.source.faults.add({ on: 'listTags', times: Infinity, answer: { status: 405 } });
    const kinds = ['sig', 'att', 'sbom'] as const;
    await stage.publish(together(release, ...kinds.map((kind) => cosignTag(release.root, kind))));
    expect(await stage.copy()).toMatchObject({
      attachments: 3,
      notes: [
        `the tags of ${stage.source.address}/${SOURCE} cannot be listed: of those that belong to a digest only .sig, .att, .sbom are looked for`,
      ],
    });
    const tags = kinds.map((kind) => `${fallbackTag(release.root.digest)}.${kind}`);
    expect(await listTags(at())).toEqual([...tags, 'v1'].toSorted());
  });

  it('finds a list of referrers where tags cannot be listed', async () => {
    stage.source.faults.add({ on: 'listTags', times: Infinity, answer: { status: 405 } });
    const list = fallbackIndex(release.root, [signed]);
    await stage.publish(together(release, signed, list));
    expect(await stage.copy()).toMatchObject({ attachments: 1 });
    expect(await findMissing(list, at())).toStrictEqual([]);
  });

  it('fails when the tags cannot be listed just now', async () => {
    stage.source.faults.add({ on: 'listTags', times: Infinity, answer: { status: 500 } });
    await stage.publish(release);
    await expect(stage.copy()).rejects.toThrow('could not list the tags');
    expect(await stage.target.digestOf(TARGET, 'v1')).toBeUndefined();
  });

  it('follows attachments of attachments for 5 levels, and no further', async () => {
    const chain = [release];
    for (let level = 0; level < 6; level++) chain.push(signature(chain.at(-1)!.root));
    await stage.publish(together(release, ...chain.slice(1, 6)));
    expect(await stage.copy()).toMatchObject({ attachments: 5 });
    await stage.publish(chain[6]!);
    await expect(stage.copy({ repair: true })).rejects.toThrow('go on for over 5 levels');
  });

  it.each(['vex', 'spdx', 'Any-thing_1.2'])('copies a tag that ends in .%s', async (kind) => {
    const tag = `${fallbackTag(release.root.digest)}.${kind}`;
    await stage.publish(together(release, withTag(cosignTag(release.root), tag)));
    expect(await stage.copy()).toMatchObject({ attachments: 1 });
    expect(await listTags(at())).toEqual([tag, 'v1'].toSorted());
  });

  it('leaves what belongs to another image where it is', async () => {
    const other = image({ layers: [layer({ seed: 'other' })], tag: 'v2' });
    await stage.publish(together(release, cosignTag(release.root)));
    await stage.publish(together(other, cosignTag(other.root)), 'v2');
    expect(await stage.copy()).toMatchObject({ attachments: 1 });
    expect(await listTags(at())).toEqual([`${fallbackTag(release.root.digest)}.sig`, 'v1']);
  });

  it('copies what is attached to an attachment while that is on its way', async () => {
    const seal = cosignTag(signed.root);
    await stage.publish(together(release, signed));
    stage.target.faults.add({
      on: 'putManifest',
      reference: signed.root.digest,
      before: () => stage.publish(seal),
    });
    expect(await stage.copy()).toMatchObject({ attachments: 2 });
    expect(await findMissing(seal, at())).toStrictEqual([]);
  });

  it("copies what only the source's fallback tag lists, and lists it there", async () => {
    const unnamed = artifact({ artifactType: 'application/vnd.example.sbom' });
    const list = fallbackIndex(release.root, [unnamed]);
    await stage.publish(together(release, signed, unnamed, list));
    expect(await stage.copy({ verify: true })).toMatchObject({ attachments: 2, notes: [] });
    for (const part of [signed, unnamed, list])
      expect(await findMissing(part, at())).toStrictEqual([]);
    // It names no subject, so that no API lists it: no reason to write it each time.
    expect(await stage.copy({ repair: true })).toMatchObject({ outcome: 'current' });
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

describe('at a target whose list of referrers lacks one that it has', () => {
  const seals = ['a', 'b', 'c'].map((by) => signature(release.root, by));
  const [first] = seals as [Image, ...Image[]];
  const puts = () =>
    stage.target.requests
      .of('putManifest')
      .filter(({ reference }) => seals.some(({ root }) => root.digest === reference));

  beforeEach(async () => {
    stage = await createStage();
    await stage.publish(together(release, ...seals));
  });

  /** The target, which loses entries of its list the given number of times, each time that they are put. */
  function forgetting(times: number, lost: readonly Digest[] = []): Repository {
    const to = stage.open('target');
    const unlistedNow = new Set<string>(lost);
    const counts = new Map<string, number>();
    return {
      ...to,
      async putManifest(manifest, reference) {
        await to.putManifest(manifest, reference);
        const count = (counts.get(reference) ?? 0) + 1;
        counts.set(reference, count);
        if (count <= times) unlistedNow.add(reference);
        else unlistedNow.delete(reference);
      },
      listReferrers: async (subject) =>
        (await to.listReferrers(subject))?.filter(({ digest }) => !unlistedNow.has(digest)),
    };
  }

  it('is put again, and nothing else is, when it repairs', async () => {
    await stage.copy();
    stage.requests();
    const to = forgetting(0, [first.root.digest]);
    expect(await stage.copy({ to, repair: true, verify: true })).toMatchObject({
      outcome: 'copied',
      attachments: 1,
      notes: [],
    });
    expect(puts().map(({ reference }) => reference)).toEqual([first.root.digest]);
  });

  it('is put again when the list has lost what was put at once', async () => {
    const outcome = await stage.copy({ to: forgetting(1), verify: true });
    expect(outcome).toMatchObject({ outcome: 'copied', notes: [] });
    expect(puts()).toHaveLength(6);
  });

  it('asks for the list once before and once after', async () => {
    await stage.copy();
    expect(stage.target.requests.of('listReferrers')).toHaveLength(2);
    expect(puts()).toHaveLength(3);
    stage.requests();
    await stage.copy({ repair: true });
    expect(stage.requests().target).toEqual({ headManifest: 1, listReferrers: 1 });
  });

  it('is put no more than twice, and noted', async () => {
    const { notes, outcome } = await stage.copy({ to: forgetting(Infinity) });
    expect(outcome).toBe('copied');
    expect(notes.toSorted()).toEqual(
      seals
        .map(
          ({ root }) =>
            `${stage.target.address}/${TARGET}@${release.root.digest} has ${root.digest} by its digest, but does not list it among its referrers`,
        )
        .toSorted(),
    );
    expect(puts()).toHaveLength(6);
  });

  it('is no verified copy', async () => {
    await expect(stage.copy({ to: forgetting(Infinity), verify: true })).rejects.toMatchObject({
      operation: 'verify the list of the referrers of',
      side: 'target',
      reference: `${stage.target.address}/${TARGET}@${release.root.digest}`,
      message: expect.stringContaining(first.root.digest) as unknown,
    });
  });

  it('gets what it only claims to have', async () => {
    stage.target.faults.add({
      on: 'headManifest',
      reference: first.root.digest,
      times: Infinity,
      answer: {
        status: 200,
        headers: {
          'content-type': first.root.mediaType,
          'content-length': String(first.root.size),
          'docker-content-digest': first.root.digest,
        },
      },
    });
    await stage.copy({ verify: true });
    for (const seal of seals) expect(await findMissing(seal, at())).toStrictEqual([]);
  });

  it('gets a release that is a referrer itself put again', async () => {
    const referrer = image({ subject: release.root, layers: [layer({ seed: 's' })], tag: 'v1' });
    await stage.publish(referrer);
    const { digest } = referrer.root;
    for (const attachments of [true, false]) {
      stage.requests();
      await stage.copy({ attachments, destinationTag: `with-${attachments}`, to: forgetting(1) });
      const written = stage.target.requests.of('putManifest').map(({ reference }) => reference);
      expect(written).toEqual([digest, digest, `with-${attachments}`]);
    }
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
      expect(await findMissing(withTag(part, undefined), at())).toStrictEqual([]);
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

  it("makes a list that says more than the source's, where that leaves out what manifests say", async () => {
    const list = fallbackIndex(release.root, [signed]);
    await stage.publish(together(release, signed, list));
    await stage.copy();
    const { bytes, mediaType } = signed.manifests.at(-1)!;
    expect(await stage.open('target').getManifest(fallbackTag(release.root.digest))).toMatchObject({
      manifests: [referrerDescriptor(parseManifest(bytes, mediaType))],
    });
  });

  it("carries the source's list as it is, where that is all that there is", async () => {
    await stage.close();
    stage = await createStage({ source: WITHOUT_API, target: WITHOUT_API });
    const list = fallbackIndex(release.root, [signed]);
    await stage.publish(together(release, signed, list));
    await stage.copy();
    const { digest } = list.root;
    expect(await stage.target.digestOf(TARGET, fallbackTag(release.root.digest))).toBe(digest);
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

  it('sends again what is listed there and gone, and lists nothing again', async () => {
    await stage.publish(together(release, signed));
    await stage.copy();
    stage.requests();
    const { digest } = signed.root;
    stage.target.faults.add({ on: 'headManifest', reference: digest, answer: { status: 404 } });
    expect(await stage.copy({ repair: true })).toMatchObject({ attachments: 1 });
    const written = stage.target.requests.of('putManifest').map(({ reference }) => reference);
    expect(written).toEqual([digest]);
    expect(stage.requests().target).toMatchObject({ getManifest: 1 });
  });

  it('is verified by its list', async () => {
    await stage.publish(together(release, signed));
    const to = stage.open('target');
    let reads = 0;
    const losing = {
      ...to,
      // Read before, merged, read again, and then for the verification.
      getManifest: (reference: string) =>
        reference === fallbackTag(release.root.digest) && ++reads === 4
          ? to.getManifest(release.root.digest)
          : to.getManifest(reference),
    };
    await expect(stage.copy({ to: losing, verify: true })).rejects.toThrow(
      `could not verify the list of the referrers of`,
    );
    expect(reads).toBe(4);
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

describe('the result of copying attachments', () => {
  const NONE = { referrers: new Map(), isAny: false };

  beforeEach(async () => {
    stage = await createStage();
  });

  it('is nothing where nothing is asked about', async () => {
    stage.requests();
    expect(await copyAttachments(startStagedWalk(stage), [])).toEqual({
      nodes: new Set(),
      ...NONE,
    });
    expect(stage.requests()).toEqual({ source: {}, target: {} });
  });

  it('is that there are none, and where that was looked up', async () => {
    await stage.publish(release);
    const { digestTags, ...copied } = await copyAttachments(startStagedWalk(stage), [
      release.root.digest,
    ]);
    expect(copied).toEqual({ nodes: new Set([release.root.digest]), ...NONE });
    expect(await (await digestTags)?.(release.root.digest)).toStrictEqual([]);
  });

  it('is each manifest that was asked about, and the referrers of each', async () => {
    const tagged = cosignTag(release.root);
    const second = signature(signed.root, 'auditor');
    const bare = image({ layers: [layer({ seed: 'bare' })] });
    await stage.publish(together(release, tagged, signed, second));
    await stage.publish(bare);
    for (const one of [release, bare]) await push(one, at());
    const { digestTags, ...copied } = await copyAttachments(startStagedWalk(stage), [
      bare.root.digest,
      release.root.digest,
    ]);
    expect(copied).toEqual({
      nodes: new Set([bare, release, signed, tagged, second].map(({ root }) => root.digest)),
      referrers: new Map([
        [release.root.digest, [signed.root.digest]],
        [signed.root.digest, [second.root.digest]],
      ]),
      isAny: true,
    });
    expect(await (await digestTags)?.(release.root.digest)).toEqual([
      `${fallbackTag(release.root.digest)}.sig`,
    ]);
  });

  it('is that there are some where they are gone already', async () => {
    const tag = `${fallbackTag(release.root.digest)}.sig`;
    await stage.publish(together(release, cosignTag(release.root)));
    const answer = { status: 404, errors: [{ code: 'MANIFEST_UNKNOWN' }] };
    stage.source.faults.add({ on: 'getManifest', reference: tag, times: Infinity, answer });
    const walk = startStagedWalk(stage);
    const copied = await copyAttachments(walk, [release.root.digest]);
    expect(copied).toMatchObject({ nodes: new Set([release.root.digest]), isAny: true });
    expect(copied.referrers.size).toBe(0);
  });

  it('is that there are some where they stay at the source', async () => {
    const artifactType = 'application/vnd.registry-relay.receipt.v1+json';
    const tag = `${fallbackTag(release.root.digest)}.att`;
    await stage.publish(together(release, artifact({ artifactType, tag })));
    const copied = await copyAttachments(startStagedWalk(stage), [release.root.digest]);
    expect(copied).toMatchObject({ nodes: new Set([release.root.digest]), isAny: true });
    expect(copied.referrers.size).toBe(0);
    expect(await listTags(at())).toStrictEqual([]);
  });

  it('is nothing where one of them cannot be read', async () => {
    await stage.publish(together(release, cosignTag(release.root)));
    const reference = `${fallbackTag(release.root.digest)}.sig`;
    const answer = { status: 403 };
    stage.source.faults.add({ on: 'getManifest', reference, times: Infinity, answer });
    await expect(
      copyAttachments(startStagedWalk(stage), [release.root.digest]),
    ).rejects.toMatchObject({ operation: 'read the manifest', cause: { status: 403 } });
  });

  it('is where they go on for too many levels', async () => {
    const chain = [release];
    for (let level = 0; level < 6; level++) chain.push(signature(chain.at(-1)!.root));
    await stage.publish(together(release, ...chain.slice(1)));
    await push(release, at());
    const last = chain.at(-1)!.root.digest;
    await expect(
      copyAttachments(startStagedWalk(stage), [release.root.digest]),
    ).rejects.toMatchObject({
      name: 'UncopyableError',
      message: `${stage.source.address}/${SOURCE}@${last} cannot be copied: attachments of attachments go on for over 5 levels`,
    });
  });
});

describe('what was written and names a subject', () => {
  const other = image({ layers: [layer({ seed: 'other' })] });
  const ofOther = signature(other.root);

  beforeEach(async () => {
    stage = await createStage({ target: WITHOUT_API });
    await stage.publish(together(release, other, signed, ofOther));
    for (const one of [release, other]) await push(one, at());
  });

  it('is listed by its subject, but for subjects whose referrers are listed already', async () => {
    const walk = startStagedWalk(stage);
    for (const { root } of [release, signed, ofOther]) await copyNode(walk, root);
    const known = new Map([[other.root.digest, [ofOther.root.digest]]]);
    await listWritten(walk, { ...NOTHING_ATTACHED, referrers: known });
    expect(await listedAtTarget()).toEqual([signed.root.digest]);
    expect(await listTags(at())).not.toContain(fallbackTag(other.root.digest));
    await listWritten(walk, NOTHING_ATTACHED);
    expect(await listedAtTarget(other)).toEqual([ofOther.root.digest]);
  });
});
