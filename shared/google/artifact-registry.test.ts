import { status } from '@grpc/grpc-js';
import {
  createArtifactRegistryServer,
  type ServiceCall,
} from '../../local/servers/artifact-registry/artifact-registry';
import type { CatalogImage } from '../../local/servers/artifact-registry/catalog';
import { StatusError } from '../../local/servers/broker/grpc';
import { digestOf } from '../oci/digest';
import { createArtifactRegistry, type ArtifactRegistry } from './artifact-registry';

const PARENT = 'projects/vendor/locations/us/repositories/releases';
const WITHHELD = 'artifactregistry.tags.update';
const calls: ServiceCall[] = [];
let failures: StatusError[] = [];
let registry: ArtifactRegistry;
let close: () => Promise<unknown>;

const images: CatalogImage[] = Array.from({ length: 2500 }, (_, at) => ({
  image: at === 0 ? 'workers/mail' : 'api',
  digest: digestOf(Buffer.from(String(at))),
  tags: [`1.0.${at}`],
  size: 1000 + at,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  uploadedAt: Date.UTC(2026, 10, 1) + at * 1000,
  ...(at === 0 && { children: [7, 8].map((child) => digestOf(Buffer.from(String(child)))) }),
}));

beforeAll(async () => {
  const server = await createArtifactRegistryServer({
    catalog: {
      images: (project, name) =>
        Promise.resolve(project === 'vendor' && name === 'releases' ? images : undefined),
      repositories: () => Promise.resolve([{ name: 'releases', immutableTags: false }]),
    },
    withheld: [WITHHELD],
    onCall(call) {
      calls.push(call);
      const failure = failures.shift();
      if (failure) throw failure;
    },
  });
  registry = createArtifactRegistry({ emulator: server.address });
  close = () => Promise.all([registry.close(), server.close()]);
});
beforeEach(() => {
  calls.length = 0;
  failures = [];
});
afterAll(() => close());

it('lists a thousand images a page, until the last', async () => {
  const sizes: number[] = [];
  let next: string | undefined;
  do {
    const page = await registry.listImages(PARENT, next);
    sizes.push(page.images.length);
    next = page.next;
  } while (next !== undefined);
  expect(sizes).toEqual([1000, 1000, 500]);
  expect(calls).toHaveLength(3);
});

it('reads names with slashes, tags, sizes and times', async () => {
  const { images: listed } = await registry.listImages(PARENT);
  expect(listed[0]).toEqual({
    image: 'workers/mail',
    digest: images[0]!.digest,
    tags: ['1.0.0'],
    size: 1000,
    uploadedAt: new Date('2026-11-01T00:00:00Z'),
    children: [images[7]!.digest, images[8]!.digest],
  });
});

it('returns the tags of a digest in one call, and none for a missing one', async () => {
  const [first] = images;
  expect(await registry.tagsOf(PARENT, 'workers/mail', first!.digest)).toEqual(['1.0.0']);
  expect(await registry.tagsOf(PARENT, 'api', first!.digest)).toStrictEqual([]);
  expect(calls.map(({ method }) => method)).toEqual(['GetDockerImage', 'GetDockerImage']);
});

it('does not take a refusal for an image without tags', async () => {
  failures = [new StatusError(status.PERMISSION_DENIED, 'no')];
  await expect(registry.tagsOf(PARENT, 'api', images[1]!.digest)).rejects.toThrow(
    /api@.* was answered 403/,
  );
});

it('asks for the fields that it reads, and no others', async () => {
  await registry.listImages(PARENT);
  expect(calls[0]?.metadata.get('x-goog-fieldmask')).toEqual([
    'dockerImages.name,dockerImages.tags,dockerImages.imageSizeBytes,dockerImages.uploadTime,dockerImages.imageManifests.digest,nextPageToken',
  ]);
});

it('asks again while the service is busy', async () => {
  failures = [new StatusError(status.UNAVAILABLE, 'busy')];
  expect((await registry.listImages(PARENT)).images).toHaveLength(1000);
  expect(calls).toHaveLength(2);
});

it.each([
  [status.PERMISSION_DENIED, 403],
  [status.NOT_FOUND, 404],
  [status.UNAUTHENTICATED, 401],
])('reports a refusal (gRPC %d) as HTTP %d, with the request', async (code, http) => {
  failures = [new StatusError(code, 'no: vpcServiceControlsUniqueIdentifier: abc-1')];
  await expect(registry.listImages(PARENT)).rejects.toMatchObject({
    name: 'RegistryError',
    status: http,
    url: `https://artifactregistry.googleapis.com/v1/${PARENT}/dockerImages`,
    detail: expect.stringContaining('no') as unknown,
    vpcServiceControlsUniqueIdentifier: 'abc-1',
  });
});

it('says which permissions are missing', async () => {
  const upload = 'artifactregistry.repositories.uploadArtifacts';
  const asked = [upload, WITHHELD, 'artifactregistry.tags.get'];
  expect(await registry.missingPermissions(PARENT, asked)).toEqual([WITHHELD]);
  expect(await registry.missingPermissions(PARENT, [upload])).toStrictEqual([]);
  await expect(
    registry.missingPermissions(PARENT.replace('releases', 'none'), asked),
  ).rejects.toMatchObject({ status: 404 });
});

it('says what to do without credentials', async () => {
  const without = createArtifactRegistry({
    loadClient: () =>
      Promise.resolve({
        listDockerImages: () =>
          Promise.reject(
            new Error(
              'Could not load the default credentials. Browse to https://x for more information.',
            ),
          ),
        close: () => Promise.resolve(),
      } as never),
  });
  await expect(without.listImages(PARENT)).rejects.toThrow('gcloud auth application-default login');
});

it('says so, too, when the client cannot even begin, tries again at the next request, and closes', async () => {
  let attempts = 0;
  const without = createArtifactRegistry({
    loadClient: () => {
      attempts += 1;
      return Promise.reject(new Error('Could not load the default credentials'));
    },
  });
  await expect(without.listImages(PARENT)).rejects.toThrow('no Google credentials to list');
  await expect(without.readRepository(PARENT)).rejects.toThrow('no Google credentials to read');
  expect(attempts).toBe(2);
  await without.close();
});

it('passes on what it does not know', async () => {
  const broken = new Error('broken');
  const other = createArtifactRegistry({
    loadClient: () => Promise.resolve({ listDockerImages: () => Promise.reject(broken) } as never),
  });
  await expect(other.listImages(PARENT)).rejects.toBe(broken);
});

it('leaves out what has no digest, and closes without having been asked', async () => {
  const strange = createArtifactRegistry({
    loadClient: () =>
      Promise.resolve({
        listDockerImages: () => Promise.resolve([[{ name: 'x' }, {}], null, {}]),
      } as never),
  });
  expect(await strange.listImages(PARENT)).toEqual({ images: [] });
  await createArtifactRegistry().close();
});
