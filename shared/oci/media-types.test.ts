import {
  ACCEPT_MANIFESTS,
  DOCKER_IMAGE,
  DOCKER_LIST,
  OCI_ARTIFACT,
  OCI_IMAGE,
  OCI_INDEX,
  essence,
  isBlobType,
  isIndexType,
  isManifestType,
  isNondistributable,
  isSchema1,
} from './media-types';

const OCI = 'application/vnd.oci.';
const DOCKER = 'application/vnd.docker.';

it('has the names that the specifications give', () => {
  expect([OCI_IMAGE, OCI_INDEX, DOCKER_IMAGE, DOCKER_LIST, OCI_ARTIFACT].join(', ')).toBe(
    'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.artifact.manifest.v1+json',
  );
});

it('asks for every manifest that it knows', () => {
  expect(ACCEPT_MANIFESTS.split(', ')).toEqual([
    OCI_IMAGE,
    OCI_INDEX,
    DOCKER_IMAGE,
    DOCKER_LIST,
    OCI_ARTIFACT,
  ]);
});

it.each([
  ['text/html; charset=utf-8', 'text/html'],
  [' Application/JSON ;q=1;x', 'application/json'],
  ['text/html', 'text/html'],
  ['; charset=utf-8', undefined],
  ['', undefined],
  [undefined, undefined],
])('reads the content type %j as %j', (header, type) => {
  expect(essence(header)).toBe(type);
});

const KINDS = [
  ['manifest', isManifestType],
  ['index', isIndexType],
  ['schema1', isSchema1],
  ['blob', isBlobType],
  ['nondistributable', isNondistributable],
] as const;

it.each([
  [OCI_IMAGE, 'manifest'],
  [OCI_ARTIFACT, 'manifest'],
  [DOCKER_IMAGE, 'manifest'],
  [OCI_INDEX, 'manifest index'],
  [DOCKER_LIST, 'manifest index'],
  [`${DOCKER}distribution.manifest.v1+json`, 'schema1'],
  [`${DOCKER}distribution.manifest.v1+prettyjws`, 'schema1'],
  [`${DOCKER}distribution.manifest.v10+json`, ''],
  [`${OCI}image.layer.v1.tar+gzip`, 'blob'],
  [`${OCI}image.config.v1+json`, 'blob'],
  [`${OCI}image.layers.v1`, ''],
  [`${DOCKER}image.rootfs.diff.tar.gzip`, 'blob'],
  [`${DOCKER}container.image.v1+json`, 'blob'],
  ['application/vnd.buildkit.cacheconfig.v0', 'blob'],
  [`${DOCKER}image.rootfs.foreign.diff.tar.gzip`, 'blob nondistributable'],
  [`${OCI}image.layer.nondistributable.v1.tar+zstd`, 'blob nondistributable'],
  [`x-${DOCKER}image.rootfs.foreign.diff.tar.gzip`, ''],
  [`x-${DOCKER}distribution.manifest.v1+json`, ''],
  ['application/json', ''],
])('takes %s for: %s', (type, words) => {
  const said = KINDS.filter(([, isOne]) => isOne(type)).map(([kind]) => kind);
  expect(said.join(' ')).toBe(words);
});

it('takes what has no type for nothing', () => {
  expect(isManifestType(undefined)).toBe(false);
  expect(isSchema1(undefined)).toBe(false);
});
