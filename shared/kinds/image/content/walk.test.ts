import { signature } from '../../../../local/images/attachments';
import { blob, together, type Image } from '../../../../local/images/content';
import { image, index } from '../../../../local/images/image';
import { layer } from '../../../../local/images/layer';
import { OCI } from '../../../../local/images/media-types';
import { findMissing } from '../../../../local/images/read';
import { createStage, SOURCE, TARGET, type Stage } from '../../../../test/support/copy-stage';
import { countFree } from '../../../../test/support/free-slots';
import { startStagedWalk } from '../../../../test/support/staged-walk';
import { digestOf } from '../../../oci/digest';
import { parseManifest, type Manifest } from '../../../oci/manifest';
import { copyNode, copySuccessors, listManifests, pushManifest, rewriteNode } from './walk';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
});
afterEach(async () => {
  await stage.close();
});

const at = () => ({ registry: stage.target.address, repository: TARGET });
const child = image({ layers: [layer({ seed: 'child' })] });
const { digest } = child.root;

/** An index of an image and of a blob that it calls `mediaType`. */
function indexWith(
  mediaType: string,
  options: { readonly embed?: boolean; readonly fields?: object } = {},
): Image {
  const { blob: content, descriptor } = blob(Buffer.from('{"an":"entry"}'), mediaType, options);
  const made = index({
    entries: [{ image: child }],
    fields: { manifests: [child.root, { ...descriptor, ...options.fields }] },
    tag: 'v1',
  });
  return { ...made, blobs: [...made.blobs, content] };
}

describe('an entry of an index that is a blob', () => {
  it.each([
    ['an unknown type', 'application/xml', {}],
    ['an unknown type, and embedded', 'application/json', { embed: true }],
    ['the type of a manifest', OCI.manifest, {}],
  ])('is copied as one where it has %s', async (_, mediaType, options) => {
    const content = indexWith(mediaType, options);
    await stage.publish(content);
    expect(await stage.copy({ verify: true })).toMatchObject({ outcome: 'copied' });
    expect(await findMissing(content, at())).toStrictEqual([]);
    expect(await stage.copy({ repair: true, verify: true })).toMatchObject({ outcome: 'current' });
  });

  it('is asked for as a blob first, and no referrers of it are asked for', async () => {
    await stage.publish(indexWith('application/xml'));
    stage.requests();
    await stage.copy();
    expect(stage.requests()).toEqual({
      source: {
        getManifest: 2,
        getBlob: 3,
        headBlob: 1,
        headManifest: 2,
        listReferrers: 2,
        listTags: 1,
      },
      target: { headManifest: 3, mountBlob: 3, putBlob: 3, putManifest: 3 },
    });
  });

  it('is copied between registries that answer 500 to a request for it as a manifest', async () => {
    const content = indexWith('application/xml');
    const { digest } = content.blobs.at(-1)!;
    await stage.publish(content);
    const on = ['getManifest', 'headManifest'] as const;
    for (const registry of [stage.source, stage.target]) {
      registry.faults.add({ on, reference: digest, times: Infinity, answer: { status: 500 } });
    }
    expect(await stage.copy({ verify: true })).toMatchObject({ outcome: 'copied' });
    expect(await findMissing(content, at())).toStrictEqual([]);
    expect(await stage.copy({ repair: true, verify: true })).toMatchObject({ outcome: 'current' });
  });

  it('is copied as a manifest where the source has it as nothing else', async () => {
    const root = { ...child.root, mediaType: 'application/xml' };
    const content = together(
      child,
      index({ entries: [], fields: { manifests: [root] }, tag: 'v1' }),
    );
    await stage.publish(content);
    expect(await stage.copy({ verify: true })).toMatchObject({ outcome: 'copied' });
    expect(await findMissing(child, at())).toStrictEqual([]);
  });

  it('is missed under the name that the index gives it where it is nothing at all', async () => {
    const content = indexWith(OCI.manifest);
    await stage.publish(content);
    const { digest } = content.blobs.at(-1)!;
    stage.source.faults.add({ on: 'headBlob', reference: digest, answer: { status: 404 } });
    await expect(stage.copy()).rejects.toMatchObject({
      name: 'CopyError',
      operation: 'read the manifest',
      side: 'source',
      cause: { status: 404 },
    });
    expect(await stage.target.digestOf(TARGET, 'v1')).toBeUndefined();
  });

  it('is missed by a verification', async () => {
    const content = indexWith('application/xml');
    await stage.publish(content);
    const { digest } = content.blobs.at(-1)!;
    const answer = { status: 404 };
    stage.target.faults.add({ on: 'headBlob', reference: digest, times: Infinity, answer });
    await expect(stage.copy({ verify: true })).rejects.toMatchObject({
      operation: 'read the manifest',
      side: 'target',
    });
  });

  it('may be elsewhere if it says so', async () => {
    await stage.close();
    stage = await createStage({ source: { sparse: true }, target: { sparse: true } });
    const content = indexWith('application/xml', { fields: { urls: ['https://example.com/x'] } });
    await stage.publish({ ...content, blobs: content.blobs.slice(0, -1) });
    expect(await stage.copy({ verify: true })).toMatchObject({
      outcome: 'copied',
      notes: [expect.stringContaining('has its own URLs')],
    });
  });
});

const manifestOf = ({ manifests, root }: Image): Manifest =>
  parseManifest(manifests.at(-1)!.bytes, root.mediaType);

describe('a node', () => {
  it('is written after what it consists of, the largest blobs first, and counted', async () => {
    const sizes = [10, 3000, 200];
    const content = image({ layers: sizes.map((size) => layer({ seed: size, size })) });
    await stage.publish(content);
    const to = stage.open('target');
    const asked: string[] = [];
    const asking: typeof to = {
      ...to,
      mountOrStartUpload(wanted, mount) {
        asked.push(wanted);
        return to.mountOrStartUpload(wanted, mount);
      },
    };
    const walk = startStagedWalk(stage, { to: asking });
    expect(await copyNode(walk, content.root)).toBe(true);
    const bySize = manifestOf(content).blobs.toSorted((a, b) => b.size - a.size);
    expect(asked).toEqual(bySize.map((one) => one.digest));
    expect(await findMissing(content, at())).toStrictEqual([]);
    expect(walk.copying.tally.manifests).toBe(1);
    expect(countFree(walk.copying.slots.asking)).toBe(32);
  });

  it('that the target has is not asked of the source', async () => {
    await stage.publish(child);
    await copyNode(startStagedWalk(stage), child.root);
    stage.requests();
    expect(await copyNode(startStagedWalk(stage), child.root)).toBe(false);
    expect(stage.requests()).toEqual({ source: {}, target: { headManifest: 1 } });
  });

  it('is copied once, however often it is named', async () => {
    const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
    const content = index({ entries: platforms.map((platform) => ({ image: child, platform })) });
    await stage.publish(content);
    stage.requests();
    const walk = startStagedWalk(stage);
    expect(await Promise.all([copyNode(walk, content.root), copyNode(walk, child.root)])).toEqual([
      true,
      true,
    ]);
    const { source, target } = stage.requests();
    expect(source).toEqual({ getManifest: 2, getBlob: 2 });
    expect(target).toEqual({ headManifest: 2, mountBlob: 2, putBlob: 2, putManifest: 2 });
  });

  it('is written again whatever the target says that it has, if that is asked for', async () => {
    await stage.publish(child);
    const walk = startStagedWalk(stage);
    await copyNode(walk, child.root);
    stage.requests();
    expect(await rewriteNode(walk, child.root)).toBe(true);
    const { source, target } = stage.requests();
    expect(source).toStrictEqual({});
    expect(target).toEqual({ mountBlob: 2, putManifest: 1 });
  });

  it.each([
    ['while the target is asked, where that seems to have nothing of it', true],
    ['once the target has answered, where it may have it', false],
  ])('is read %s', async (_, isNew) => {
    await stage.publish(child);
    const [from, to] = [stage.open('source'), stage.open('target')];
    let reads = 0;
    let readsBefore: number | undefined;
    const reading: typeof from = {
      ...from,
      getManifest(wanted) {
        reads++;
        return from.getManifest(wanted);
      },
    };
    const slow: typeof to = {
      ...to,
      async headManifest(wanted) {
        const held = await to.headManifest(wanted);
        readsBefore = reads;
        return held;
      },
    };
    await copyNode(startStagedWalk(stage, { from: reading, to: slow, isNew }), child.root);
    expect([readsBefore, reads]).toEqual([isNew ? 1 : 0, 1]);
  });

  it('that was read needlessly, for the target has it, is not written', async () => {
    await stage.publish(child);
    await copyNode(startStagedWalk(stage), child.root);
    stage.requests();
    expect(await copyNode(startStagedWalk(stage, { isNew: true }), child.root)).toBe(false);
    expect(stage.requests()).toEqual({
      source: { getManifest: 1 },
      target: { headManifest: 1 },
    });
  });

  it('that was made for this copy is not asked of the source', async () => {
    await stage.publish(child);
    const made = index({ entries: [{ image: child }], annotations: { by: 'us' } });
    const walk = startStagedWalk(stage, { made: [manifestOf(made)] });
    expect(await copyNode(walk, made.root)).toBe(true);
    expect(await findMissing(made, at())).toStrictEqual([]);
  });

  it('that cannot be read is no blob therefore', async () => {
    await stage.publish(child);
    stage.requests();
    stage.source.faults.add({ on: 'getManifest', answer: { status: 403 } });
    const walk = startStagedWalk(stage);
    await expect(copyNode(walk, child.root)).rejects.toMatchObject({ cause: { status: 403 } });
    expect(stage.requests().source).toEqual({ getManifest: 1 });
    expect(countFree(walk.copying.slots.asking)).toBe(32);
  });

  it('is not asked for when the copy is over', async () => {
    const walk = startStagedWalk(stage);
    walk.copying.abort(new Error('out of time'));
    await expect(copyNode(walk, child.root)).rejects.toThrow('out of time');
    await expect(pushManifest(walk, manifestOf(child), 'v1')).rejects.toThrow('out of time');
    expect(stage.requests()).toEqual({ source: {}, target: {} });
  });

  it('is remembered where it names a subject', async () => {
    const referrers = [signature(child.root), signature(child.root, 'auditor')];
    await stage.publish(together(child, ...referrers));
    const walk = startStagedWalk(stage);
    for (const { root } of [child, ...referrers]) await copyNode(walk, root);
    expect([...walk.written]).toEqual([[child.root.digest, referrers.map(manifestOf)]]);
  });

  it('is refused as one of more than 10,000', async () => {
    await stage.publish(child);
    const walk = startStagedWalk(stage);
    for (let at = 1; at < 10_000; at++) walk.seen.add(digestOf(Buffer.from(`${at}`)));
    await copyNode(walk, child.root);
    const next = { ...child.root, digest: digestOf(Buffer.from('next')) };
    await expect(copyNode(walk, next)).rejects.toMatchObject({
      name: 'UncopyableError',
      message: `${stage.source.address}/${SOURCE}@${next.digest} cannot be copied: it belongs to more than 10000 manifests`,
    });
  });
});

describe('indexes in indexes', () => {
  const nested = (levels: number): Image =>
    levels === 0 ? index({ entries: [] }) : index({ entries: [{ image: nested(levels - 1) }] });

  it('may nest 10 deep', async () => {
    const content = nested(10);
    await stage.publish(content);
    const walk = startStagedWalk(stage);
    expect(await copyNode(walk, content.root)).toBe(true);
    expect(await listManifests(walk, manifestOf(content))).toHaveLength(11);
  });

  it('are refused where they nest deeper', async () => {
    const content = nested(11);
    await stage.publish(content);
    const problem = 'it nests indexes more than 10 deep';
    await expect(copyNode(startStagedWalk(stage), content.root)).rejects.toThrow(problem);
    await expect(listManifests(startStagedWalk(stage), manifestOf(content))).rejects.toThrow(
      problem,
    );
  });

  it('are listed with all that they consist of, each once, but for what was made for the copy', async () => {
    const other = image({ config: { seed: 'other' } });
    const inner = index({ entries: [{ image: other }] });
    const made = index({ entries: [{ image: child }, { image: inner }, { image: inner }] });
    const strange = { ...layer().descriptor, mediaType: 'application/xml' };
    const content = index({
      entries: [{ image: made }],
      fields: { manifests: [made.root, child.root, strange] },
    });
    await stage.publish(inner);
    stage.requests();
    const walk = startStagedWalk(stage, { made: [manifestOf(made)] });
    expect(await listManifests(walk, manifestOf(content))).toEqual([
      content.root.digest,
      digest,
      inner.root.digest,
      other.root.digest,
    ]);
    expect(stage.requests().source).toEqual({ getManifest: 1 });
  });
});

describe('a manifest that is refused', () => {
  it.each([
    ['blobs', child, { startUpload: 2, putBlob: 2, putManifest: 2 }],
    [
      'children',
      index({ entries: [{ image: child }] }),
      { mountBlob: 2, putBlob: 2, putManifest: 3 },
    ],
  ])('for the %s that it lacks is written once these are sent', async (_, content, requests) => {
    await stage.publish(content);
    stage.requests();
    const walk = startStagedWalk(stage);
    await pushManifest(walk, manifestOf(content), content.root.digest);
    expect(stage.requests().target).toEqual(requests);
    expect(await findMissing(content, at())).toStrictEqual([]);
  });

  it.each([
    ['for another reason', { status: 403 }, 1],
    ['again', { status: 400, errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }] }, 2],
  ])('%s is given up', async (_, answer, times) => {
    await stage.publish(child);
    const { hits } = stage.target.faults.add({ on: 'putManifest', times: Infinity, answer });
    const walk = startStagedWalk(stage);
    await expect(pushManifest(walk, manifestOf(child), digest)).rejects.toMatchObject({
      operation: 'write the manifest',
      cause: { status: answer.status },
    });
    expect(hits()).toBe(times);
    expect(walk.copying.tally.manifests).toBe(0);
  });

  it('for layers that have URLs says what to set at the registry', async () => {
    const { descriptor } = layer({ seed: 'elsewhere' });
    const elsewhere = { ...descriptor, urls: ['https://example.com/layer'] };
    const content = image({ layers: [{ ...layer(), descriptor: elsewhere }] });
    const errors = [{ code: 'MANIFEST_BLOB_UNKNOWN', detail: elsewhere.digest }];
    const answer = { status: 500, errors };
    stage.target.faults.add({ on: 'putManifest', times: Infinity, answer });
    await expect(
      pushManifest(startStagedWalk(stage), manifestOf(content), 'v1'),
    ).rejects.toMatchObject({
      name: 'UncopyableError',
      message: `${stage.target.address}/${TARGET}:v1 cannot be copied: the registry takes no layers that have URLs of their own (docker-registry does where validation.manifests.urls.allow names them)`,
      cause: { name: 'CopyError' },
    });
  });
});

describe('a layer that the source does not give', () => {
  const urls = ['https://example.com/layer'];

  it.each([
    ['is left out with a note where it has URLs', 404, urls, undefined],
    ['fails the copy where it has URLs and cannot be read', 403, urls, 403],
    ['fails the copy where it has none', 404, undefined, 404],
  ])('%s', async (_, status, elsewhere, failure) => {
    const { descriptor } = layer({ seed: 'elsewhere' });
    const described = { ...descriptor, ...(elsewhere && { urls: elsewhere }) };
    stage.source.faults.add({ on: 'getBlob', times: Infinity, answer: { status } });
    const walk = startStagedWalk(stage);
    const content = { ...manifestOf(child), blobs: [described] };
    const error: unknown = await copySuccessors(walk, content).catch((thrown: unknown) => thrown);
    expect(error).toEqual(
      failure === undefined
        ? undefined
        : expect.objectContaining({ name: 'CopyError', side: 'source' }),
    );
    expect([...walk.copying.notes]).toEqual(
      failure === undefined
        ? [`the layer ${descriptor.digest} has its own URLs and is not at the source`]
        : [],
    );
  });
});
