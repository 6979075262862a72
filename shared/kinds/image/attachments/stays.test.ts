import { cosignTag, signature } from '../../../../local/images/attachments';
import { blob, type Image } from '../../../../local/images/content';
import { artifact, image, index } from '../../../../local/images/image';
import { layer } from '../../../../local/images/layer';
import { parseManifest } from '../../../oci/manifest';
import { isRunnable } from './carried';

const { root } = image({ config: { seed: 'release' } });
const LAYER = 'application/vnd.oci.image.layer.v1.tar';
const content = blob(Buffer.from('content'), LAYER);

const parsed = ({ manifests, root: { mediaType } }: Image) =>
  parseManifest(manifests.at(-1)!.bytes, mediaType);

/** An image manifest of one layer with this config. */
function manifestOf(config: object, mediaType = LAYER) {
  const layers = [{ ...content.descriptor, mediaType }];
  const json = { schemaVersion: 2, config: { size: 2, ...config }, layers };
  return parseManifest(
    Buffer.from(JSON.stringify(json)),
    'application/vnd.oci.image.manifest.v1+json',
  );
}

const EMPTY = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
const emptyType = { mediaType: 'application/vnd.oci.empty.v1+json' };
const imageType = { mediaType: 'application/vnd.oci.image.config.v1+json' };
const { digest } = root;

it.each([
  ['an image', parsed(image({ layers: [layer({ seed: 'one' })] }))],
  ['an index', parsed(index({ entries: [] }))],
  [
    'an image with a Docker layer',
    manifestOf({ ...imageType, digest }, 'application/vnd.docker.image.rootfs.diff.tar.gzip'),
  ],
  ['an image with the empty type and a config', manifestOf({ ...emptyType, digest })],
  [
    'an image with the empty config and the type of an image',
    manifestOf({ ...imageType, digest: EMPTY }),
  ],
])('regards %s as runnable', (_, manifest) => {
  expect(isRunnable(manifest)).toBe(true);
});

it.each(['octet-stream', 'x-tar', 'gzip', 'x-gzip', 'x-tar+gzip', 'zstd', 'tar+zstd'])(
  'regards an image with a layer of application/%s as runnable',
  (type) => {
    const manifest = manifestOf({ ...imageType, digest }, `application/${type}`);
    expect(isRunnable(manifest)).toBe(true);
  },
);

it.each([
  ['a signature', parsed(signature(root))],
  ["a tag of cosign's", parsed(cosignTag(root))],
  ['an artifact without content', parsed(artifact({ subject: root }))],
  ['a file of ORAS', manifestOf({ ...emptyType, digest: EMPTY })],
  [
    'an archive with a config of its own type',
    manifestOf({ mediaType: 'application/vnd.example.config+json', digest }, 'application/gzip'),
  ],
  ["cosign's SBOM", manifestOf({ ...imageType, digest }, 'text/spdx+json')],
])('does not regard %s as runnable', (_, manifest) => {
  expect(isRunnable(manifest)).toBe(false);
});
