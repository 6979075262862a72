import { image, index } from '../../../local/images/image';
import { layer } from '../../../local/images/layer';
import { RegistryError, type RegistryErrorEntry } from '../../oci/http/errors';
import { parseManifest } from '../../oci/manifest';
import { missingContent, refusesUrls } from './manifests';

const content = image({ layers: [layer({ seed: 1 }), layer({ seed: 2 })] });
const other = image({ layers: [layer({ seed: 3 })] });
const parent = index({ entries: [{ image: content }, { image: other }] });
const parse = ({ manifests }: typeof content, at: number) => {
  const manifest = manifests.at(at)!;
  return parseManifest(manifest.bytes, manifest.mediaType);
};
const manifest = parse(content, -1);
const list = parse(parent, -1);
const [config, one] = manifest.blobs.map(({ digest }) => digest) as unknown as [string, string];

function answer(...entries: Partial<RegistryErrorEntry>[]): RegistryError {
  return new RegistryError({
    method: 'PUT',
    url: 'http://localhost/v2/a/manifests/v1',
    status: 400,
    entries: entries.map((entry) => ({ code: '', message: '', detail: '', ...entry })),
    detail: '',
  });
}

it('takes the blobs that docker-registry names', () => {
  const named = answer(
    { code: 'MANIFEST_BLOB_UNKNOWN', detail: `{"digest":"${one}"}` },
    { code: 'MANIFEST_BLOB_UNKNOWN', detail: `unknown blob ${config}` },
  );
  expect(missingContent(named, manifest)?.blobs.map(({ digest }) => digest)).toEqual([config, one]);
});

it('takes the child manifests that are named', () => {
  const named = answer({ code: 'MANIFEST_UNKNOWN', detail: content.root.digest });
  expect(missingContent(named, list)).toEqual({ blobs: [], manifests: [content.root] });
});

it.each([
  ['the manifest itself, as zot', { code: 'BLOB_UNKNOWN', detail: manifest.descriptor.digest }],
  ['nothing', { code: 'MANIFEST_BLOB_UNKNOWN' }],
])('takes everything when the answer names %s', (_, entry) => {
  expect(missingContent(answer(entry), manifest)).toBe(manifest);
});

describe('layers with URLs', () => {
  const urls = ['https://example.com/layer'];
  const layers = manifest.blobs.slice(1).map((blob) => ({
    ...blob,
    mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    urls,
  }));
  const text = JSON.stringify({ schemaVersion: 2, config: manifest.blobs[0], layers });
  const withUrls = parseManifest(Buffer.from(text), 'application/vnd.oci.image.manifest.v1+json');
  const unknown = layers.map(({ digest }) => ({ code: 'MANIFEST_BLOB_UNKNOWN', detail: digest }));
  const refusal = answer({ code: 'UNKNOWN', message: 'invalid URL on layer' }, ...unknown);
  const withStatus = (status: number, { entries }: RegistryError) =>
    new RegistryError({ method: 'PUT', url: 'http://localhost/v2/', status, entries, detail: '' });

  it('are refused by docker-registry with 500, and called unknown', () => {
    expect(withUrls).toMatchObject({ blobs: [manifest.blobs[0]], foreign: layers });
    expect(refusesUrls(withStatus(500, refusal), withUrls)).toBe(true);
  });

  it.each([
    ['something else is unknown, too', [...unknown, { code: 'BLOB_UNKNOWN', detail: config }]],
    ['nothing is named', [{ code: 'MANIFEST_BLOB_UNKNOWN' }]],
    ['its storage fails', [{ code: 'UNKNOWN', message: layers[0]?.digest ?? '' }]],
  ])('are not what is refused where %s', (_where, entries) => {
    expect(refusesUrls(withStatus(500, answer(...entries)), withUrls)).toBe(false);
  });

  it('are sent where a registry only asks for them', () => {
    const asked = withStatus(400, refusal);
    expect(refusesUrls(asked, withUrls)).toBe(false);
    expect(missingContent(asked, withUrls)).toEqual({ blobs: layers, manifests: [] });
  });
});

it.each([
  ['another refusal', answer({ code: 'MANIFEST_INVALID', detail: one })],
  ['no answer', undefined],
])('makes nothing of %s', (_, refusal) => {
  expect(missingContent(refusal, manifest)).toBeUndefined();
});
