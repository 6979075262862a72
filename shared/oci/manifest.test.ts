import { artifact, image, index } from '../../local/images/image';
import { digestOf, type Digest } from './digest';
import { DigestMismatchError, InvalidManifestError } from './http/errors';
import { DEFAULT_MANIFEST_LIMITS, entryName, isOptionalBlob, parseManifest } from './manifest';
import { DOCKER_IMAGE, DOCKER_LIST, OCI_ARTIFACT, OCI_IMAGE, OCI_INDEX } from './media-types';

const digest = (text: string): Digest => digestOf(Buffer.from(text));
const descriptor = (text: string, fields: object = {}) => ({
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  digest: digest(text),
  size: text.length,
  ...fields,
});
const config = descriptor('{}', { mediaType: 'application/vnd.oci.image.config.v1+json' });
const bytesOf = (json: unknown) =>
  json instanceof Uint8Array
    ? json
    : Buffer.from(typeof json === 'string' ? json : JSON.stringify(json));
const parse = (json: unknown, contentType?: string) => parseManifest(bytesOf(json), contentType);
const namesOf = (descriptors: readonly { digest: Digest }[]) =>
  descriptors.map((one) => one.digest);

it('keeps the bytes, and describes them', () => {
  const text = `{ "schemaVersion": 2,\n "mediaType": "${OCI_IMAGE}", "layers": [], "unknown": {} }`;
  const manifest = parse(text, 'application/json');
  expect(manifest).toEqual({
    descriptor: { mediaType: OCI_IMAGE, digest: digest(text), size: text.length },
    bytes: Buffer.from(text),
    blobs: [],
    manifests: [],
  });
});

it('names config and layers of an image in order, each once', () => {
  const layers = [descriptor('one'), descriptor('two'), descriptor('one')];
  const { blobs, manifests } = parse({ mediaType: OCI_IMAGE, config, layers });
  expect(namesOf(blobs)).toEqual([config.digest, digest('one'), digest('two')]);
  expect(manifests).toEqual([]);
});

it('names the children of an index in order, each once for a platform', () => {
  const child = (text: string, fields?: object) =>
    descriptor(text, { mediaType: OCI_IMAGE, ...fields });
  const platform = { os: 'linux', architecture: 'arm', variant: 'v7', 'os.version': 'x' };
  const a = child('a', { platform });
  const other = { os: 'linux', architecture: 's390x' };
  const broken = { platform: { os: 'linux', architecture: 64 } };
  const manifests = [a, child('b', { platform: null }), a, child('a', { platform: other })];
  manifests.push(child('c', broken));
  const parsed = parse({ mediaType: OCI_INDEX, manifests });
  expect(parsed.manifests).toEqual([
    child('a', { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }),
    child('b'),
    child('a', { platform: other }),
    child('c'),
  ]);
  expect(parsed.manifests.map(entryName)).toEqual([
    `${digest('a')} linux/arm/v7`,
    `${digest('b')} //`,
    `${digest('a')} linux/s390x/`,
    `${digest('c')} //`,
  ]);
  expect(parsed.blobs).toEqual([]);
});

it('keeps the first of two descriptors of one digest', () => {
  const manifests = ['amd64', 'arm64'].map((architecture) =>
    descriptor('a', { mediaType: OCI_IMAGE, platform: { os: 'linux', architecture } }),
  );
  const [only] = parse({ mediaType: OCI_INDEX, manifests }).manifests;
  expect(only?.platform).toEqual({ os: 'linux', architecture: 'amd64' });
});

it('takes layers and configs in an index for blobs, and all else for manifests', () => {
  const types = [
    'application/vnd.oci.image.layer.v1.tar+gzip',
    'application/vnd.docker.image.rootfs.diff.tar.gzip',
    'application/vnd.buildkit.cacheconfig.v0',
    'application/vnd.oci.image.config.v1+json',
    'application/xml',
    OCI_INDEX,
  ];
  const manifests = types.map((mediaType) => descriptor(mediaType, { mediaType }));
  const parsed = parse({ mediaType: OCI_INDEX, manifests });
  expect(parsed.blobs.map(({ mediaType }) => mediaType)).toEqual(types.slice(0, 4));
  expect(parsed.manifests.map(({ mediaType }) => mediaType)).toEqual(types.slice(4));
});

it('leaves out foreign layers, and only those, and says which', () => {
  const urls = ['https://cdn.example/layer'];
  const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  const restricted = 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd';
  const layers = [
    descriptor('docker', { mediaType: foreign, urls }),
    descriptor('oci', { mediaType: restricted, urls }),
    descriptor('nowhere else', { mediaType: restricted, urls: [] }),
    descriptor('ordinary', { urls }),
  ];
  const { blobs, foreign: left = [] } = parse({ mediaType: DOCKER_IMAGE, layers });
  expect(namesOf(blobs)).toEqual([digest('nowhere else'), digest('ordinary')]);
  expect(namesOf(left)).toEqual([digest('docker'), digest('oci')]);
  expect(blobs.map(isOptionalBlob)).toEqual([true, true]);
  expect(isOptionalBlob(config as never)).toBe(false);
});

it('reads subject, annotations, embedded data and the artifact type', () => {
  const subject = descriptor('subject', { mediaType: OCI_IMAGE });
  const layer = descriptor('hi', { data: 'aGk=', annotations: { a: 'b' }, artifactType: 'x/y' });
  const parsed = parse({
    mediaType: OCI_IMAGE,
    artifactType: 'application/vnd.example.sbom',
    config,
    layers: [layer],
    subject,
    annotations: { made: 'by' },
  });
  expect(parsed).toMatchObject({
    subject,
    artifactType: 'application/vnd.example.sbom',
    annotations: { made: 'by' },
  });
  expect(parsed.blobs).toEqual([config, layer]);
});

it.each([
  ['names it', { artifactType: 'a/b', config }, 'a/b'],
  ['leaves it to the config', { config }, config.mediaType],
  ['leaves it empty', { artifactType: '', config }, config.mediaType],
  ['has neither', { blobs: [] }, undefined],
])('knows the artifact type of a manifest that %s', (_what, json, artifactType) => {
  expect(parse(json).artifactType).toBe(artifactType);
});

it.each([
  ['the body', { mediaType: DOCKER_LIST, manifests: [] }, OCI_INDEX, DOCKER_LIST],
  [
    'the header without parameters',
    { manifests: [] },
    `${DOCKER_LIST}; charset=utf-8`,
    DOCKER_LIST,
  ],
  ['manifests', { manifests: [] }, 'application/json', OCI_INDEX],
  ['blobs', { blobs: [] }, undefined, OCI_ARTIFACT],
  ['a config', { config }, undefined, OCI_IMAGE],
  ['layers', { layers: [] }, 'text/plain', OCI_IMAGE],
  [
    'a Docker config',
    { config: { ...config, mediaType: 'application/vnd.docker.container.image.v1+json' } },
    undefined,
    DOCKER_IMAGE,
  ],
  [
    'an unknown body type',
    { mediaType: 'application/vnd.example+json' },
    OCI_IMAGE,
    'application/vnd.example+json',
  ],
])('takes the media type from %s', (_what, json, header, mediaType) => {
  expect(parse(json, header).descriptor.mediaType).toBe(mediaType);
});

it('reads null as nothing, as Go writes it', () => {
  const nothing = { config: null, layers: null, blobs: null, subject: null, annotations: null };
  expect(parse({ mediaType: OCI_IMAGE, ...nothing, artifactType: null })).toMatchObject({
    blobs: [],
    manifests: [],
  });
});

it.each([
  ['an image', image()],
  ['an artifact', artifact()],
  ['an index', index({ entries: [{ image: image() }] })],
])('reads %s as the stack makes it', (_what, { root, manifests }) => {
  const made = manifests.find(({ digest: own }) => own === root.digest);
  expect(parseManifest(made!.bytes, made!.mediaType, root.digest).descriptor.digest).toBe(
    root.digest,
  );
});

it.each([
  ['nothing', ''],
  ['text', 'hello'],
  ['a web page', '<html></html>'],
  ['null', 'null'],
  ['an array', '[]'],
  ['a number', '42'],
  ['a string', '"hello"'],
  ['bytes that are no UTF-8', Buffer.from('{"layers":[],"x":"\xff"}', 'latin1')],
])('rejects %s, which is not a JSON object, and reports its media type', (_what, bytes) => {
  const problem = `the manifest ${digestOf(bytesOf(bytes))} cannot be copied: it is not a JSON object`;
  expect(() => parse(bytes, 'text/HTML; charset=utf-8')).toThrow(
    new InvalidManifestError(`${problem} (content type text/html)`),
  );
  expect(() => parse(bytes)).toThrow(
    new InvalidManifestError(`${problem} (content type not given)`),
  );
});

it.each([
  ['an empty object', {}],
  ['an error body', { errors: [] }],
  ['a list that is none', { mediaType: OCI_INDEX, manifests: {} }],
  ['a descriptor without a digest', { layers: [{ mediaType: 'x', size: 1 }] }],
  ['a bad digest', { layers: [descriptor('x', { digest: 'sha256:../..' })] }],
  ['a negative size', { layers: [descriptor('x', { size: -1 })] }],
  ['half a byte', { layers: [descriptor('x', { size: 1.5 })] }],
  ['a size that no number holds', { layers: [descriptor('x', { size: 2 ** 60 })] }],
  ['a size as text', { layers: [descriptor('x', { size: '1' })] }],
  ['no media type in a descriptor', { layers: [descriptor('x', { mediaType: '' })] }],
])('refuses %s', (_what, json) => {
  const error = (() => {
    try {
      return parse(json);
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(InvalidManifestError);
});

it.each([
  ['by its number', { schemaVersion: 1, fsLayers: [] }, 'application/json'],
  ['by its type', {}, 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
])('refuses Docker schema 1, known %s, and says what to do', (_what, json, header) => {
  expect(() => parse(json, header)).toThrow(/Docker schema 1.*push the image again/);
});

it('reports what an object lacks to be a manifest', () => {
  expect(() => parse({ errors: [] })).toThrow(
    /^the manifest sha256:\S+ cannot be copied: it has neither a media type nor the parts of one$/,
  );
});

it('says where a manifest is wrong', () => {
  const layers = [descriptor('x'), descriptor('x', { size: -1, digest: 'x' })];
  expect(() => parse({ layers })).toThrow(
    /: layers\.1\.digest: not a sha256 or sha512 digest \(and 1 more\)$/,
  );
  expect(() => parse({ layers: [descriptor('x', { digest: 'x' })] })).toThrow(
    /: layers\.0\.digest: not a sha256 or sha512 digest$/,
  );
});

it('refuses more bytes or more children than the limits allow', () => {
  const json = {
    layers: [descriptor('a'), descriptor('b')],
    manifests: [descriptor('c', { mediaType: OCI_IMAGE })],
  };
  const bytes = Buffer.from(JSON.stringify(json));
  const limited = (maxBytes: number, maxChildren: number) => () =>
    parseManifest(bytes, undefined, undefined, { maxBytes, maxChildren });
  expect(limited(bytes.length, 3)).not.toThrow();
  expect(limited(bytes.length - 1, 3)).toThrow(/larger than the limit/);
  expect(limited(bytes.length, 2)).toThrow(/points at more than 2 blobs and manifests/);
});

it('takes as many children as registries do where nothing is said, and any length', () => {
  const size = DEFAULT_MANIFEST_LIMITS.maxBytes + 1;
  expect(parse('{"layers":[]}'.padEnd(size)).descriptor.size).toBe(size);
  const layers = Array.from({ length: 10_001 }, (_, index) => descriptor(String(index)));
  expect(parse({ layers: layers.slice(1) }).blobs).toHaveLength(10_000);
  expect(() => parse({ layers })).toThrow('it points at more than 10000 blobs and manifests');
});

it('verifies the digest that is expected, in its own algorithm', () => {
  const bytes = Buffer.from(JSON.stringify({ layers: [] }));
  const expected = digestOf(bytes, 'sha512');
  expect(parseManifest(bytes, undefined, expected).descriptor.digest).toBe(expected);
  expect(() => parseManifest(bytes, undefined, digest('other'))).toThrow(
    new DigestMismatchError('a manifest', digest('other'), digestOf(bytes)),
  );
});
