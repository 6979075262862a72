import {
  cosignTag,
  fallbackIndex,
  fallbackTag,
  signature,
} from '../../../local/images/attachments';
import { blob, together } from '../../../local/images/content';
import { artifact, image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { push } from '../../../local/images/push';
import { findMissing, listReferrers, listTags } from '../../../local/images/read';
import { createStage, SOURCE, TARGET, type Stage } from '../../../test/support/copy-stage';

let stage: Stage;
afterEach(() => stage.close());

const release = image({ layers: [layer({ seed: 'release' })], tag: 'v1' });
const signed = signature(release.root);
const cosign = cosignTag(release.root);
const cosignName = `${fallbackTag(release.root.digest)}.sig`;
const vexName = `${fallbackTag(release.root.digest)}.vex`;
const vex = image({ layers: [layer({ seed: 'vex' })], tag: vexName });
const gone = { status: 404, errors: [{ code: 'MANIFEST_UNKNOWN' }] };
const json = { 'content-type': 'application/json' };
const atTarget = () => ({ registry: stage.target.address, repository: TARGET });
const referrers = () => listReferrers(atTarget(), release.root.digest);

describe('one stray answer that nothing is there', () => {
  it('to a GET of a referrer that is listed loses no referrer', async () => {
    stage = await createStage();
    await stage.publish(together(release, signed));
    stage.source.faults.add({ on: 'getManifest', reference: signed.root.digest, answer: gone });
    expect(await stage.copy()).toMatchObject({ attachments: 1, notes: [] });
    expect(await referrers()).toEqual([signed.root.digest]);
  });

  it.each(['getManifest', 'headManifest'] as const)(
    'to %s of a digest tag that is listed loses no attachment',
    async (on) => {
      stage = await createStage();
      await stage.publish(together(release, cosign));
      stage.source.faults.add({ on, reference: cosignName, answer: gone });
      expect(await stage.copy()).toMatchObject({ attachments: 1 });
      expect(await listTags(atTarget())).toContain(cosignName);
    },
  );

  it('to a GET of a fallback list that is listed loses no referrer', async () => {
    stage = await createStage({ source: { referrers: false } });
    await stage.publish(together(release, signed, fallbackIndex(release.root, [signed])));
    const reference = fallbackTag(release.root.digest);
    stage.source.faults.add({ on: 'getManifest', reference, answer: gone });
    expect(await stage.copy()).toMatchObject({ attachments: 1 });
    expect(await referrers()).toEqual([signed.root.digest]);
  });

  it('to a HEAD of the subject of a late attachment at the target loses no attachment', async () => {
    stage = await createStage();
    await stage.publish(release);
    await stage.copy();
    await stage.publish(signed);
    const reference = release.root.digest;
    stage.target.faults.add({ on: 'headManifest', reference, answer: { status: 404 } });
    const { digest } = signed.root;
    await stage.copy({ digest, destinationTag: undefined });
    expect(await referrers()).toEqual([digest]);
  });

  it.each([
    ['the first page', []],
    [
      'a page after the first',
      [
        {
          status: 200,
          headers: { ...json, link: `</v2/${SOURCE}/tags/list?n=1000&last=a>; rel="next"` },
          body: JSON.stringify({ name: SOURCE, tags: ['a'] }),
        },
      ],
    ],
  ])('to %s of the tags loses no attachment', async (_, before) => {
    stage = await createStage();
    await stage.publish(together(release, vex));
    for (const answer of [...before, { status: 404 }]) {
      stage.source.faults.add({ on: 'listTags', answer });
    }
    expect(await stage.copy()).toMatchObject({ attachments: 1, notes: [] });
    expect(await listTags(atTarget())).toContain(vexName);
  });
});

describe('a child of an index', () => {
  const child = image({ layers: [layer({ seed: 'child' })] });
  const whole = index({ entries: [{ image: child }], tag: 'v1' });
  const reference = child.root.digest;

  it('is no blob at a source that gives manifests as blobs, too', async () => {
    stage = await createStage();
    await stage.publish(whole);
    const bytes = Buffer.from(child.manifests.at(-1)?.bytes ?? '');
    const same = artifact({ blobs: [blob(bytes, 'application/octet-stream')] });
    await push(same, { registry: stage.source.address, repository: SOURCE });
    stage.source.faults.add({ on: 'getManifest', reference, answer: gone });
    await stage.copy();
    expect(await findMissing(whole, atTarget())).toEqual([]);
  });

  it('is not left out for the URLs that it is said to have', async () => {
    stage = await createStage();
    await push(child, { registry: stage.source.address, repository: SOURCE });
    const [entry] = (
      JSON.parse(Buffer.from(whole.manifests.at(-1)?.bytes ?? '').toString()) as {
        manifests: object[];
      }
    ).manifests;
    const altered = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ ...entry, urls: ['https://example.com/x'] }],
    };
    await fetch(`http://${stage.source.address}/v2/${SOURCE}/manifests/v1`, {
      method: 'PUT',
      body: JSON.stringify(altered),
      headers: { 'content-type': altered.mediaType },
    });
    stage.source.faults.add({ on: 'getManifest', reference, answer: gone });
    expect(await stage.copy()).toMatchObject({ notes: [] });
    expect(await findMissing(child, atTarget())).toEqual([]);
  });
});
