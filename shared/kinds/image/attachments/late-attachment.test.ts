import {
  cosignTag,
  fallbackIndex,
  fallbackTag,
  signature,
} from '../../../../local/images/attachments';
import { together } from '../../../../local/images/content';
import { artifact, image } from '../../../../local/images/image';
import { layer } from '../../../../local/images/layer';
import { push } from '../../../../local/images/push';
import { findMissing, listTags } from '../../../../local/images/read';
import { createStage, SOURCE, TARGET, type Stage } from '../../../../test/support/copy-stage';
import { startStagedWalk } from '../../../../test/support/staged-walk';
import { NotReleasedError } from '../../../copying/errors';
import { digestOf } from '../../../oci/digest';
import { copyLateReferrer, copyLateTag } from './late-attachment';

let stage: Stage;
afterEach(async () => {
  await stage.close();
});

const release = image({ layers: [layer({ seed: 'release' })], tag: 'v1' });
const signed = signature(release.root);
const fallback = fallbackTag(release.root.digest);
const NOTHING = digestOf(Buffer.from('nothing'));
const at = () => ({ registry: stage.target.address, repository: TARGET });
const late = { destinationTag: undefined };

describe('an attachment that comes late', () => {
  beforeEach(async () => {
    stage = await createStage();
    await stage.publish(release);
  });

  it.each(['sig', 'vex'])(
    'is copied under its tag (.%s), which moves as the source does',
    async (kind) => {
      await stage.copy();
      const tag = `${fallback}.${kind}`;
      await stage.publish(cosignTag(release.root), tag);
      expect(await stage.copy({ tag, ...late })).toMatchObject({
        outcome: 'copied',
        destination: `${stage.target.address}/${TARGET}:${tag}`,
        attachments: 1,
      });
      expect(await stage.target.digestOf(TARGET, tag)).toBe(cosignTag(release.root).root.digest);
      expect(await stage.copy({ tag, ...late })).toMatchObject({ outcome: 'current' });
    },
  );

  it('is copied with all that a fallback tag lists', async () => {
    await stage.copy();
    const others = [signed, signature(release.root, 'auditor')];
    const list = fallbackIndex(release.root, others);
    await stage.publish(together(list, ...others));
    expect(await stage.copy({ tag: fallback, ...late })).toMatchObject({
      outcome: 'copied',
      digest: list.root.digest,
      attachments: 2,
    });
    expect(await findMissing(list, at())).toStrictEqual([]);
  });

  it.each([
    ['by its digest', { digest: signed.root.digest }, `@${signed.root.digest}`],
    ["by cosign's tag", { tag: `${fallback}.sig` }, `:${fallback}.sig`],
    ['by the fallback tag', { tag: fallback }, `:${fallback}`],
  ])('is not copied %s where its subject is not', async (_, what, reference) => {
    await stage.publish(together(signed, cosignTag(release.root)));
    await stage.publish(fallbackIndex(release.root, [signed]));
    stage.requests();
    await expect(stage.copy({ ...what, ...late })).rejects.toMatchObject({
      name: 'NotReleasedError',
      message: `${stage.source.address}/${SOURCE}${reference} belongs to ${release.root.digest}, which ${stage.target.address}/${TARGET} does not have: nothing to copy`,
      subject: release.root.digest,
    });
    expect(stage.requests().target).toEqual({ headManifest: 2 });
  });

  it.each([
    ['digest', { digest: NOTHING }, `@${NOTHING}`],
    ["tag of cosign's", { tag: `${fallback}.att` }, `:${fallback}.att`],
    ['fallback tag', { tag: fallback }, `:${fallback}`],
  ])('is gone when its %s is', async (_, what, reference) => {
    await stage.copy();
    await expect(stage.copy({ ...what, ...late })).rejects.toMatchObject({
      name: 'SourceGoneError',
      reference: `${stage.source.address}/${SOURCE}${reference}`,
    });
  });

  it.each([
    [
      'a digest that has no subject',
      { digest: release.root.digest },
      'it has no subject, and no tag was given',
    ],
    [
      'a tag that is none of an attachment',
      { tag: 'v1' },
      'it is no attachment, and no tag was given',
    ],
    [
      'a tag that has half a digest',
      { tag: `${fallback.replace('256', '512')}.sig` },
      'its name has half a sha512 digest only: repair what it belongs to instead',
    ],
  ])('cannot be %s', async (_, what, problem) => {
    await stage.copy();
    const { tag, digest } = { tag: undefined, digest: undefined, ...what };
    const reference = tag === undefined ? `@${digest}` : `:${tag}`;
    await expect(stage.copy({ ...what, ...late })).rejects.toMatchObject({
      name: 'UncopyableError',
      message: `${stage.source.address}/${SOURCE}${reference} cannot be copied: ${problem}`,
    });
  });

  it('is left out when something else sits at the fallback tag', async () => {
    await stage.copy();
    await stage.publish(artifact({ tag: fallback }));
    const { digest, notes, outcome } = await stage.copy({ tag: fallback, ...late });
    expect({ digest, outcome }).toEqual({ digest: release.root.digest, outcome: 'current' });
    expect(notes).toEqual([
      `${stage.source.address}/${SOURCE}:${fallback} is no list of referrers: left out`,
    ]);
  });

  const own = artifact({
    artifactType: 'application/vnd.registry-relay.receipt.v1+json',
    subject: release.root,
  });
  it.each([
    ['by its digest', [own], { digest: own.root.digest }, `@${own.root.digest}`],
    ["by cosign's tag", [own], { tag: `${fallback}.att` }, `:${fallback}.att`],
    [
      'by the fallback tag',
      [own, fallbackIndex(release.root, [own])],
      { tag: fallback },
      `:${fallback}`,
    ],
  ])('stays where it is, %s, if the relay states it there', async (_, parts, what, reference) => {
    await stage.copy();
    for (const part of parts) await stage.publish(part, 'tag' in what ? what.tag : undefined);
    stage.requests();
    const { message } = new NotReleasedError(
      `${stage.source.address}/${SOURCE}${reference}`,
      release.root.digest,
      `is what the relay states of ${release.root.digest} at the source, and stays there`,
    );
    await expect(stage.copy({ ...what, ...late })).rejects.toMatchObject({
      name: 'NotReleasedError',
      message,
      subject: release.root.digest,
    });
    expect(stage.requests().target).not.toHaveProperty('putManifest');
  });

  it('is read from the source once', async () => {
    await stage.copy();
    await stage.publish(signed);
    stage.requests();
    await stage.copy({ digest: signed.root.digest, ...late });
    expect(stage.requests().source).toMatchObject({ getManifest: 1 });
  });

  it('brings what is attached to that, for 5 levels in all', async () => {
    await stage.copy();
    const chain = [release];
    for (let level = 0; level < 6; level++) chain.push(signature(chain.at(-1)!.root));
    const [first, ...others] = chain.slice(1, 6);
    await stage.publish(together(first!, ...others));
    const { digest } = first!.root;
    expect(await stage.copy({ digest, ...late })).toMatchObject({ attachments: 5 });
    await stage.publish(chain[6]!);
    await expect(stage.copy({ digest, ...late })).rejects.toThrow('go on for over 5 levels');
  });

  it('brings what is attached to it', async () => {
    await stage.copy();
    await stage.publish(together(signed, signature(signed.root, 'auditor')));
    const outcome = await stage.copy({ digest: signed.root.digest, ...late, verify: true });
    expect(outcome).toMatchObject({ attachments: 2 });
  });
});

describe('what a late attachment lets expect of the target', () => {
  const auditor = signature(signed.root, 'auditor');
  const { digest: subject } = release.root;
  const copying = () => startStagedWalk(stage).copying;

  beforeEach(async () => {
    stage = await createStage();
    await stage.publish(release);
    await push(release, at());
  });

  it('is itself, and that its subject lists it', async () => {
    await stage.publish(signed);
    const { digest } = signed.root;
    expect(await copyLateReferrer(copying(), digest)).toEqual({
      digest,
      expected: { nodes: new Set([digest]), referrers: new Map([[subject, [digest]]]) },
    });
  });

  it('is what is attached to it, too', async () => {
    await stage.publish(together(signed, auditor));
    const { digest } = signed.root;
    const { expected } = await copyLateReferrer(copying(), digest);
    expect(expected).toEqual({
      nodes: new Set([digest, auditor.root.digest]),
      referrers: new Map([
        [subject, [digest]],
        [digest, [auditor.root.digest]],
      ]),
    });
  });

  it('is what a digest tag holds, which nothing lists', async () => {
    const tagged = cosignTag(release.root);
    await stage.publish(tagged);
    const { digest } = tagged.root;
    expect(await copyLateTag(copying(), `${fallback}.sig`)).toMatchObject({
      digest,
      expected: { nodes: new Set([digest]), referrers: new Map() },
    });
  });

  it('is nothing where all that is listed is gone', async () => {
    const list = fallbackIndex(release.root, [signed]);
    await stage.publish(list);
    const answer = { status: 404, errors: [{ code: 'MANIFEST_UNKNOWN' }] };
    const reference = signed.root.digest;
    stage.source.faults.add({ on: 'getManifest', reference, times: Infinity, answer });
    expect(await copyLateTag(copying(), fallback)).toEqual({
      digest: list.root.digest,
      expected: { nodes: new Set(), referrers: new Map() },
    });
  });
});

describe('at a target without the referrers API', () => {
  it('lists what is there but was not listed, as the source lists it', async () => {
    stage = await createStage({ target: { referrers: false } });
    await stage.publish(together(release, signed));
    await stage.copy({ attachments: false });
    await push(signed, at());
    expect(await stage.copy({ repair: true })).toMatchObject({ outcome: 'copied', attachments: 1 });
    const list = await stage.open('target').getManifest(fallback);
    expect(list.manifests).toEqual([
      expect.objectContaining({
        digest: signed.root.digest,
        artifactType: signed.root.artifactType,
        annotations: expect.objectContaining({ 'org.example.signer': 'release' }) as unknown,
      }),
    ]);
  });

  it('fails when the list cannot be read just now', async () => {
    stage = await createStage({ target: { referrers: false } });
    await stage.publish(together(release, signed));
    stage.target.faults.add({
      on: 'getManifest',
      reference: fallback,
      times: Infinity,
      answer: { status: 403, errors: [{ code: 'DENIED' }] },
    });
    await expect(stage.copy()).rejects.toMatchObject({ side: 'target', cause: { status: 403 } });
    expect(await listTags(at())).toStrictEqual([]);
  });
});
