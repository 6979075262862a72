import { image, index } from '../../../../local/images/image';
import { layer } from '../../../../local/images/layer';
import { RegistryError, type RegistryErrorEntry } from '../../../oci/errors';
import { parseManifest } from '../../../oci/manifest';
import { missingContent } from './missing-content';

const content = image({ layers: [layer({ seed: 1 }), layer({ seed: 2 })] });
const parent = index({ entries: [{ image: content }] });
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
  expect(missingContent(named, list)).toMatchObject({ blobs: [], manifests: [content.root] });
});

it.each([
  ['the manifest itself, as zot', { code: 'BLOB_UNKNOWN', detail: manifest.descriptor.digest }],
  ['nothing', { code: 'MANIFEST_BLOB_UNKNOWN' }],
])('takes everything when the answer names %s', (_, entry) => {
  expect(missingContent(answer(entry), manifest)).toBe(manifest);
});

it.each([
  ['another refusal', answer({ code: 'MANIFEST_INVALID', detail: one })],
  ['no answer', undefined],
])('makes nothing of %s', (_, refusal) => {
  expect(missingContent(refusal, manifest)).toBeUndefined();
});
