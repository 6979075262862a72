import { blob, type Image } from '../../../../local/images/content';
import { image, index } from '../../../../local/images/image';
import { layer } from '../../../../local/images/layer';
import { OCI } from '../../../../local/images/media-types';
import { findMissing } from '../../../../local/images/read';
import { createStage, TARGET, type Stage } from '../../../../test/support/copy-stage';

let stage: Stage;
beforeEach(async () => {
  stage = await createStage();
});
afterEach(async () => {
  await stage.close();
});

const at = () => ({ registry: stage.target.address, repository: TARGET });
const child = image({ layers: [layer({ seed: 'child' })] });

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
    ['a type that nobody knows', 'application/xml', {}],
    ['a type that nobody knows, and embedded', 'application/json', { embed: true }],
    ['the type of a manifest', OCI.manifest, {}],
  ])('is copied as one where it has %s', async (_, mediaType, options) => {
    const content = indexWith(mediaType, options);
    await stage.publish(content);
    expect(await stage.copy({ verify: true })).toMatchObject({ outcome: 'copied' });
    expect(await findMissing(content, at())).toEqual([]);
    expect(await stage.copy({ repair: true, verify: true })).toMatchObject({ outcome: 'current' });
  });

  it('is asked for as a manifest first, and nobody is asked what refers to it', async () => {
    await stage.publish(indexWith('application/xml'));
    stage.requests();
    await stage.copy();
    expect(stage.requests()).toEqual({
      source: {
        getManifest: 3,
        getBlob: 3,
        headBlob: 1,
        headManifest: 2,
        listReferrers: 2,
        listTags: 1,
      },
      target: { headManifest: 4, mountBlob: 3, putBlob: 3, putManifest: 3 },
    });
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
    stage.target.faults.add({ on: 'headBlob', reference: digest, answer: { status: 404 } });
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
