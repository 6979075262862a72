import {
  type handleUnaryCall,
  type Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { invalidArgument, notFound, pageOf, toServiceError } from '../broker/grpc';
import type { Catalog, CatalogImage, CatalogRepository } from './catalog';

export interface ArtifactRegistryOptions {
  readonly catalog: Catalog;
  /** Called before each request is answered; what it throws is the answer. */
  readonly onCall?: (call: ServiceCall) => void;
  /** Permissions that no account has. Default: none. */
  readonly withheld?: readonly string[];
}

/** A request as the service gets it. */
export interface ServiceCall {
  /** `ListDockerImages` */
  readonly method: string;
  readonly request: object;
  readonly metadata: Metadata;
}

/** A running Artifact Registry API of one's own, as far as listing goes. */
export interface ArtifactRegistryServer {
  /** `host:port`, the value of ARTIFACT_REGISTRY_EMULATOR_HOST. */
  readonly address: string;
  close(): Promise<void>;
}

/** Of a page, as the service documents it. */
const LARGEST_PAGE = 1000;
const DEFAULT_PAGE = 100;

/**
 * Serves Google's client on a free port of 127.0.0.1, over gRPC in plain text: Docker images, in pages and by digest, repositories and whether
 * their tags are immutable, and permissions, which everybody has. Locations are not looked at. Everything else is answered UNIMPLEMENTED.
 *
 * @throws {Error} when it cannot listen.
 */
export async function createArtifactRegistryServer(
  options: ArtifactRegistryOptions,
): Promise<ArtifactRegistryServer> {
  const server = new Server();
  server.addService(loadArtifactRegistryService(), serviceOf(options));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    address: `127.0.0.1:${port}`,
    close() {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

function serviceOf({
  catalog,
  onCall,
  withheld = [],
}: ArtifactRegistryOptions): UntypedServiceImplementation {
  const answer =
    <Request extends object>(
      method: string,
      handle: (request: Request, metadata: Metadata) => Promise<object>,
    ): handleUnaryCall<Request, object> =>
    (call, callback) => {
      const { request, metadata } = call;
      Promise.resolve()
        .then(() => onCall?.({ method, request, metadata }))
        .then(() => handle(request, metadata))
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(toServiceError(error)),
        );
    };
  const findRepository = async (name: string): Promise<CatalogRepository> => {
    const { project, repository } = readName(name);
    const found = (await catalog.repositories(project)).find((one) => one.name === repository);
    if (found === undefined) throw notFound(name);
    return found;
  };

  return {
    listDockerImages: answer<ListRequest>('ListDockerImages', async (request, metadata) => {
      const { project, repository } = readName(request.parent);
      const images = await catalog.images(project, repository);
      if (images === undefined) throw notFound(request.parent);
      const pageSize = Math.min(request.pageSize || DEFAULT_PAGE, LARGEST_PAGE);
      const page = pageOf(images, { pageSize, pageToken: request.pageToken });
      return {
        dockerImages: page.items.map((image) => pick(resourceOf(request.parent, image), metadata)),
        nextPageToken: page.nextPageToken,
      };
    }),
    getDockerImage: answer<GetRequest>('GetDockerImage', ({ name }) => imageOf(catalog, name)),
    listRepositories: answer<ListRequest>('ListRepositories', async ({ parent, ...page }) => {
      const { project } = readName(parent);
      const { items, nextPageToken } = pageOf(await catalog.repositories(project), page);
      const repositories = items.map((one) =>
        repositoryOf(`${parent}/repositories/${one.name}`, one),
      );
      return { repositories, nextPageToken };
    }),
    testIamPermissions: answer<PermissionsRequest>(
      'TestIamPermissions',
      async ({ resource, permissions }) => {
        await findRepository(resource);
        return { permissions: permissions.filter((one) => !withheld.includes(one)) };
      },
    ),
    getRepository: answer<GetRequest>('GetRepository', async ({ name }) =>
      repositoryOf(name, await findRepository(name)),
    ),
  };
}

async function imageOf(catalog: Catalog, name: string): Promise<object> {
  const [parent = '', image = ''] = name.split('/dockerImages/');
  const { project, repository } = readName(parent);
  const images = (await catalog.images(project, repository)) ?? [];
  const found = images.map((one) => resourceOf(parent, one));
  const wanted = found.find((one) => one['name'] === `${parent}/dockerImages/${image}`);
  if (wanted === undefined) throw notFound(name);
  return wanted;
}

/** @throws {StatusError} INVALID_ARGUMENT */
function readName(name: string): { project: string; repository: string } {
  const match = /^projects\/([^/]+)\/locations\/[^/]+(?:\/repositories\/([^/]+))?$/.exec(name);
  if (match === null) throw invalidArgument(`Not the name of a repository: ${name}`);
  return { project: match[1] ?? '', repository: match[2] ?? '' };
}

function resourceOf(parent: string, image: CatalogImage): Record<string, unknown> {
  const { digest, tags, size, mediaType, uploadedAt, children = [] } = image;
  const time = { seconds: Math.floor(uploadedAt / 1000), nanos: (uploadedAt % 1000) * 1_000_000 };
  return {
    name: `${parent}/dockerImages/${encodeURIComponent(image.image)}@${digest}`,
    tags,
    imageSizeBytes: size,
    mediaType,
    uploadTime: time,
    updateTime: time,
    imageManifests: children.map((child) => ({ digest: child })),
  };
}

/** As Google's APIs do (https://cloud.google.com/apis/docs/system-parameters, `X-Goog-FieldMask`). */
function pick(image: Record<string, unknown>, metadata: Metadata): Record<string, unknown> {
  const mask = metadata.get('x-goog-fieldmask').join();
  if (mask === '') return image;
  const wanted = new Set(mask.split(',').map((field) => field.split('.')[1] ?? ''));
  return Object.fromEntries(Object.entries(image).filter(([field]) => wanted.has(field)));
}

function repositoryOf(name: string, { immutableTags }: CatalogRepository): object {
  return { name, format: 'DOCKER', dockerConfig: { immutableTags } };
}

/** A list request of `google.devtools.artifactregistry.v1`, as it was decoded. */
interface ListRequest {
  readonly parent: string;
  /** 0: as many as the server likes. */
  readonly pageSize: number;
  readonly pageToken: string;
}

interface GetRequest {
  readonly name: string;
}

/** `google.iam.v1.TestIamPermissionsRequest` */
interface PermissionsRequest {
  readonly resource: string;
  readonly permissions: readonly string[];
}

type Definitions = Parameters<typeof fromJSON>[0];

/** The service, read from the definitions inside Google's own client, which is not bundled. */
function loadArtifactRegistryService(): ServiceDefinition {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- large, and only a starting server reads it
  const json = require('@google-cloud/artifact-registry/build/protos/protos.json') as Definitions;
  const api = fromJSON(json, { longs: String, enums: String, defaults: true, oneofs: true });
  return api['google.devtools.artifactregistry.v1.ArtifactRegistry'] as ServiceDefinition;
}
