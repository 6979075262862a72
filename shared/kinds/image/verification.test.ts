import { signature } from '../../../local/images/attachments';
import { blob, together } from '../../../local/images/content';
import { artifact, image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { OCI } from '../../../local/images/media-types';
import { push } from '../../../local/images/push';
import { createStage, TARGET, type Stage } from '../../../test/support/copy-stage';
import { listsNoReferrers } from '../../../test/support/referrers-fault';
import { CopyError } from '../../copying/errors';
import type { Digest } from '../../oci/digest';
import { fallbackTag } from '../../oci/digest-tag';
import { verifyAtTarget, type Expected } from './verification';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
});
afterEach(() => stage.close());

const small = layer({ seed: 'small', size: 3000 });
const large = layer({ seed: 'large', size: 5000 });
const release = image({ layers: [small, large], tag: 'v1' });
const child = image({ layers: [small, large] });
const parent = index({ entries: [{ image: child }], tag: 'v1' });
const bare = { attachments: false };

describe('verification of a copy', () => {
  it('finds a blob that the target does not have', async () => {
    await stage.publish(release);
    await stage.copy();
    stage.target.faults.add({
      on: 'headBlob',
      reference: small.descriptor.digest,
      answer: { status: 404 },
    });
    const reference = `${stage.target.address}/${TARGET}@${small.descriptor.digest}`;
    await expect(stage.copy({ verify: true })).rejects.toMatchObject({
      message: `could not verify the blob ${reference} (target): the registry says that it does not have it`,
      operation: 'verify the blob',
      side: 'target',
      reference,
    });
  });

  it('looks for what the children of an index consist of, for each thing once', async () => {
    const other = image({ layers: [small], config: { seed: 'other' } });
    await stage.publish(index({ entries: [{ image: child }, { image: other }], tag: 'v1' }));
    await stage.copy(bare);
    stage.requests();
    await stage.copy({ ...bare, verify: true });
    // Two layers, of which one is in both images, and two configs.
    expect(stage.requests().target).toEqual({ headManifest: 1, getManifest: 3, headBlob: 4 });
    const gone = { on: 'headBlob', reference: large.descriptor.digest } as const;
    stage.target.faults.add({ ...gone, answer: { status: 404 } });
    await expect(stage.copy({ ...bare, verify: true })).rejects.toMatchObject({
      operation: 'verify the blob',
    });
  });

  it('takes no manifest of the source for a blob of an index, whatever the target has by its name', async () => {
    await stage.publish(parent);
    await stage.copy(bare);
    const reference = child.root.digest;
    stage.target.faults.add({ on: 'getManifest', reference, answer: { status: 404 } });
    stage.target.faults.add({ on: 'headBlob', reference, answer: { status: 200 } });
    await expect(stage.copy({ ...bare, verify: true })).rejects.toMatchObject({
      operation: 'read the manifest',
      side: 'target',
    });
  });

  it('reads attachments back, too', async () => {
    const signed = signature(release.root);
    await stage.publish(together(release, signed));
    stage.target.faults.add({ on: 'getManifest', reference: signed.root.digest, corruptAt: 3 });
    await expect(stage.copy({ verify: true })).rejects.toThrow(CopyError);
  });
});

describe('what a target is to have', () => {
  const referenceTo = (digest: Digest) => `${stage.target.address}/${TARGET}@${digest}`;

  const verify = (expected: Partial<Expected>) =>
    verifyAtTarget(stage.start(), { nodes: new Set(), referrers: new Map(), ...expected });

  it('is read once, by however many ways it is named', async () => {
    await stage.publish(parent);
    await stage.copy(bare);
    stage.requests();
    await verify({ nodes: new Set([child.root.digest, parent.root.digest]) });
    expect(stage.requests()).toEqual({ source: {}, target: { getManifest: 2, headBlob: 3 } });
  });

  it('is not what others keep', async () => {
    const elsewhere = { ...large.descriptor, urls: ['https://example.com/layer'] };
    const optional = { ...child.root, urls: ['https://example.com/image'] };
    const made = image({ layers: [small, { ...large, descriptor: elsewhere }] });
    const whole = index({
      entries: [{ image: made }],
      fields: { manifests: [made.root, optional] },
      tag: 'v1',
    });
    await stage.publish(child, 'optional');
    await stage.publish(whole);
    await stage.copy(bare);
    stage.requests();
    await verify({ nodes: new Set([whole.root.digest]) });
    expect(stage.requests().target).toEqual({ getManifest: 2, headBlob: 2 });
  });

  describe('of an index that lists a blob', () => {
    const text = blob(Buffer.from('no manifest'), OCI.manifest);
    const whole = index({ entries: [], fields: { manifests: [text.descriptor] }, tag: 'v1' });
    const { digest } = text.descriptor;
    const nodes = new Set([whole.root.digest]);

    beforeEach(async () => {
      await stage.publish({ ...whole, blobs: [text.blob] });
      await stage.copy(bare);
      stage.requests();
    });

    it('is there as a blob', async () => {
      await verify({ nodes });
      expect(stage.requests()).toEqual({
        source: { headManifest: 1 },
        target: { getManifest: 2, headBlob: 1 },
      });
    });

    it('is missing where it is not', async () => {
      stage.target.faults.add({ on: 'headBlob', reference: digest, answer: { status: 404 } });
      await expect(verify({ nodes })).rejects.toMatchObject({
        operation: 'read the manifest',
        reference: referenceTo(digest),
        cause: { status: 404 },
      });
    });
  });

  it('is not looked for as a blob where it cannot be read', async () => {
    await stage.publish(release);
    await stage.copy(bare);
    stage.requests();
    stage.target.faults.add({ on: 'getManifest', answer: { status: 403 } });
    await expect(verify({ nodes: new Set([release.root.digest]) })).rejects.toMatchObject({
      cause: { status: 403 },
    });
    expect(stage.requests()).toEqual({ source: {}, target: { getManifest: 1 } });
  });

  it('is listed among the referrers of what it is attached to', async () => {
    const signed = [signature(release.root, 'one'), signature(release.root, 'two')];
    await stage.publish(together(release, ...signed));
    await stage.copy();
    const digests = signed.map(({ root }) => root.digest);
    const referrers = new Map([[release.root.digest, digests]]);
    await verify({ referrers });
    stage.target.faults.add(listsNoReferrers());
    const reference = referenceTo(release.root.digest);
    await expect(verify({ referrers })).rejects.toMatchObject({
      name: 'CopyError',
      message: `could not verify the list of the referrers of ${reference} (target): it lacks ${digests.join(', ')}`,
      operation: 'verify the list of the referrers of',
      side: 'target',
      reference,
    });
  });

  it('may be listed under a fallback tag, if it names no subject', async () => {
    const unnamed = artifact();
    const list = index({ entries: [{ image: unnamed }] });
    await stage.publish(release);
    await stage.copy(bare);
    const at = { registry: stage.target.address, repository: TARGET };
    await push(list, { ...at, tag: fallbackTag(release.root.digest) });
    await verify({ referrers: new Map([[release.root.digest, [unnamed.root.digest]]]) });
  });
});
