import { ArtifactRegistryClient } from '@google-cloud/artifact-registry';
import { credentials, status } from '@grpc/grpc-js';
import { image, index } from '../../images/image';
import { layer } from '../../images/layer';
import { push } from '../../images/push';
import { createRegistry, type Registry } from '../registry/registry';
import { createArtifactRegistryServer, type ArtifactRegistryServer } from './artifact-registry';
import { catalogOf } from './catalog';

const LOCATION = 'projects/vendor/locations/local';
const PARENT = `${LOCATION}/repositories/releases`;
const content = image({ layers: [layer({ seed: 'a', size: 5000 })] });

process.env['METADATA_SERVER_DETECTION'] = 'none';

let registry: Registry;
let server: ArtifactRegistryServer;
let client: ArtifactRegistryClient;

beforeAll(async () => {
  registry = await createRegistry();
  const catalog = catalogOf(registry, { now: () => 1_700_000_000_500, immutableTags: true });
  server = await createArtifactRegistryServer({ catalog });
  client = new ArtifactRegistryClient({
    apiEndpoint: '127.0.0.1',
    port: Number(server.address.split(':')[1]),
    sslCreds: credentials.createInsecure(),
  });
  const at = (repository: string, tag: string) => ({ registry: registry.address, repository, tag });
  await push(content, at('vendor/releases/api', '1.0.0'));
  await push(content, at('vendor/releases/api', 'latest'));
  await push(index({ entries: [{ image: content }] }), at('vendor/releases/workers/mail', '2'));
  await push(content, at('other/releases/api', '1'));
  await push(content, at('us-docker.pkg.dev/vendor/releases/api', '3'));
});
afterAll(() => Promise.all([client.close(), server.close(), registry.close()]));

it('lists the tagged images below a repository, and what indexes consist of', async () => {
  const [images] = await client.listDockerImages({ parent: PARENT });
  expect(images).toMatchObject([
    {
      name: `${PARENT}/dockerImages/api@${content.root.digest}`,
      tags: ['1.0.0', 'latest'],
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      uploadTime: { seconds: '1700000000', nanos: 500_000_000 },
    },
    {
      name: expect.stringContaining('/dockerImages/workers%2Fmail@') as unknown,
      tags: ['2'],
      imageSizeBytes: '0',
      imageManifests: [{ digest: content.root.digest }],
    },
    { name: `${PARENT}/dockerImages/workers%2Fmail@${content.root.digest}`, tags: [] },
  ]);
  expect(Number(images[0]?.imageSizeBytes)).toBeGreaterThan(5000);
});

it('lists what lies below a name with a dot, which is a project of a domain', async () => {
  const parent = 'projects/us-docker.pkg.dev:vendor/locations/local/repositories/releases';
  const [images] = await client.listDockerImages({ parent });
  expect(images).toMatchObject([{ tags: ['3'] }]);
  expect((await client.getRepository({ name: parent }))[0].name).toBe(parent);
});

it('follows pages, and omits fields that were not requested', async () => {
  const [images, next] = await client.listDockerImages(
    { parent: PARENT, pageSize: 1 },
    { autoPaginate: false, otherArgs: { headers: { 'x-goog-fieldmask': 'dockerImages.tags' } } },
  );
  expect(images).toMatchObject([{ name: '', tags: ['1.0.0', 'latest'] }]);
  expect(next).toMatchObject({ pageToken: '1' });
});

it('lists repositories, and whether their tags are immutable', async () => {
  const [repositories] = await client.listRepositories({ parent: LOCATION });
  const expected = { name: PARENT, format: 'DOCKER', dockerConfig: { immutableTags: true } };
  expect(repositories).toMatchObject([expected]);
  expect((await client.getRepository({ name: PARENT }))[0]).toMatchObject(expected);
});

it.each([
  ['listDockerImages', { parent: `${LOCATION}/repositories/none` }, status.NOT_FOUND],
  ['getRepository', { name: `${LOCATION}/repositories/none` }, status.NOT_FOUND],
  ['listDockerImages', { parent: 'vendor' }, status.INVALID_ARGUMENT],
  ['listVersions', { parent: PARENT }, status.UNIMPLEMENTED],
] as const)('answers %s of %j with code %d', async (method, request, code) => {
  const call = client[method].bind(client) as (request: object) => Promise<unknown>;
  await expect(call(request)).rejects.toMatchObject({ code });
});
