import { digestOf } from '../../../oci/digest';
import { parseManifest } from '../../../oci/manifest';
import { OCI_INDEX } from '../../../oci/media-types';
import { listsAll, mergeReferrers, referrerDescriptor } from './referrers-tag';

const referrer = (name: string, annotations?: Record<string, string>) => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf(Buffer.from(name)),
  size: 10,
  artifactType: 'application/vnd.example.sbom',
  annotations,
});
const parsed = (bytes: Uint8Array | undefined) => parseManifest(bytes ?? Buffer.of(), OCI_INDEX);

describe('referrerDescriptor', () => {
  const { artifactType, annotations = {}, ...descriptor } = referrer('a', { by: 'me' });

  it.each([
    ['all', { artifactType, annotations }],
    ['a type', { artifactType }],
    ['annotations', { annotations }],
    ['neither', {}],
  ])('describes what says %s, and no more than that', (_, said) => {
    const embedded = { ...descriptor, data: 'YQ==' };
    expect(JSON.stringify(referrerDescriptor({ descriptor: embedded, ...said }))).toBe(
      JSON.stringify({ ...descriptor, ...said }),
    );
  });
});

describe('mergeReferrers', () => {
  const [a, b, c] = [referrer('a'), referrer('b', { by: 'me' }), referrer('c')];

  it('lists each once, in the order of the digests, with type and annotations', () => {
    const merged = parsed(mergeReferrers([a, b], [b, c]));
    const digests = merged.manifests.map(({ digest }) => digest);
    expect(digests).toEqual([a, b, c].map(({ digest }) => digest).sort());
    expect(merged.manifests).toContainEqual(b);
  });

  it('is an index as the specification has it', () => {
    const manifests = [a, b].sort((one, other) => (one.digest < other.digest ? -1 : 1));
    const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests });
    expect(Buffer.from(mergeReferrers([a], [b])!).toString()).toBe(text);
  });

  it('makes the same bytes in any order', () => {
    expect(mergeReferrers([a], [b])).toEqual(mergeReferrers([b], [a]));
  });

  it('has nothing to say when all are listed', () => {
    expect(mergeReferrers([a, b], [b])).toBeUndefined();
    expect(mergeReferrers([], [])).toBeUndefined();
  });
});

describe('listsAll', () => {
  const list = parsed(mergeReferrers([], [referrer('a', { x: '1', y: '2' })]));

  it('compares annotations in any order', () => {
    expect(listsAll(list, [referrer('a', { y: '2', x: '1' })])).toBe(true);
  });

  it('misses what is not listed, or listed with less', () => {
    expect(listsAll(list, [referrer('b')])).toBe(false);
    expect(listsAll(list, [...list.manifests, referrer('b')])).toBe(false);
    expect(listsAll(list, [referrer('a', { x: '1', y: '2', z: '3' })])).toBe(false);
    expect(listsAll(list, [referrer('a')])).toBe(false);
    const [one] = list.manifests;
    expect(listsAll(list, [{ ...one!, artifactType: 'application/xml' }])).toBe(false);
  });
});
