import type { ArtifactRegistryClient, protos } from '@google-cloud/artifact-registry';
import { isDigest, type Digest } from '../oci/digest';
import { RegistryError } from '../oci/http/errors';
import { serviceFailure } from './service-failure';
import type { ClientOptions } from './observed-calls';

/** One version of an image, as Artifact Registry lists it. */
export interface DockerImage {
  /** Below the repository: `api`, `workers/mail`. */
  readonly image: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
  /** Bytes, as the service counts them. */
  readonly size: number;
  readonly uploadedAt: Date;
  /** The images of an index; each is listed by itself, too. */
  readonly children: readonly Digest[];
}

export interface DockerImagePage {
  readonly images: readonly DockerImage[];
  /** Absent on the last page. */
  readonly next?: string;
}

export interface RepositorySettings {
  /** Refuses to move a tag. */
  readonly immutableTags: boolean;
  /** As the service writes them: `DOCKER`; `STANDARD_REPOSITORY`, the only kind that takes pushes. */
  readonly format: string;
  readonly mode: string;
}

/** Artifact Registry's API, as far as the relay needs it. */
export interface ArtifactRegistry {
  /**
   * One page of up to 1,000 images of a repository, tried again when the service is busy.
   *
   * @throws {RegistryError} {@link GoogleCredentialsError}
   */
  listImages(parent: string, page?: string): Promise<DockerImagePage>;
  /**
   * The tags of one image by its digest, a moment late; none where the service does not know it (yet).
   *
   * @throws {RegistryError} {@link GoogleCredentialsError}
   */
  tagsOf(parent: string, image: string, digest: Digest): Promise<readonly string[]>;
  /**
   * The settings of a repository: `projects/P/locations/L/repositories/R`.
   *
   * @throws {RegistryError} {@link GoogleCredentialsError}
   */
  readRepository(name: string): Promise<RepositorySettings>;
  /**
   * Which of these permissions on a repository the caller has not got. Anybody may ask.
   *
   * @throws {RegistryError} {@link GoogleCredentialsError}
   */
  missingPermissions(name: string, permissions: readonly string[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What is used of Google's client. */
export type ArtifactRegistryApi = Pick<
  ArtifactRegistryClient,
  'listDockerImages' | 'getDockerImage' | 'getRepository' | 'testIamPermissions' | 'close'
>;

export interface ArtifactRegistryDeps {
  /** `host:port` of the local stack's Artifact Registry, in plain text and without credentials; default: Google's. */
  readonly emulator?: string;
  /** The access token of another account to send. */
  readonly accessToken?: () => Promise<string>;
  /** Of Google's client. */
  readonly clientOptions?: ClientOptions;
  /** Called at the first request. Default: Google's client, with Application Default Credentials. */
  readonly loadClient?: () => Promise<ArtifactRegistryApi>;
}

const SERVICE = 'https://artifactregistry.googleapis.com/v1';
/** The service's own limit. */
const IMAGES_A_PAGE = 1000;
/** Manifests, build times and media types are most of a response and are not used. */
const FIELDS = ['name', 'tags', 'imageSizeBytes', 'uploadTime', 'imageManifests.digest'];
const FIELD_MASK = [...FIELDS.map((field) => `dockerImages.${field}`), 'nextPageToken'].join(',');

/** Deadline exceeded, resource exhausted, internal, unavailable. */
const RETRIED_CODES = [4, 8, 13, 14];
const CALL_OPTIONS = {
  autoPaginate: false,
  timeout: 60_000,
  retry: {
    retryCodes: RETRIED_CODES,
    backoffSettings: {
      initialRetryDelayMillis: 500,
      retryDelayMultiplier: 2,
      maxRetryDelayMillis: 15_000,
      initialRpcTimeoutMillis: 60_000,
      rpcTimeoutMultiplier: 1,
      maxRpcTimeoutMillis: 60_000,
      totalTimeoutMillis: 60_000,
    },
  },
} as const;

/** Google's client is loaded at the first request: most of what a process does needs none. */
export function createArtifactRegistry(deps: ArtifactRegistryDeps = {}): ArtifactRegistry {
  const { loadClient = () => loadGoogleClient(deps) } = deps;
  const { ask, close } = createQuestions(loadClient);
  const { timeout } = CALL_OPTIONS;
  return {
    async listImages(parent, page) {
      const request = {
        parent,
        pageSize: IMAGES_A_PAGE,
        pageToken: page,
      };
      // The client adds headers to what it is given.
      const otherArgs = { headers: { 'x-goog-fieldmask': FIELD_MASK } };
      const about = { path: `${parent}/dockerImages`, purpose: `to list ${parent}` };
      const [images, , answer] = await ask(about, (api) =>
        api.listDockerImages(request, {
          ...CALL_OPTIONS,
          retry: { ...CALL_OPTIONS.retry, retryCodes: [...RETRIED_CODES] },
          otherArgs,
        }),
      );
      const next = answer.nextPageToken ?? '';
      return { images: images.flatMap(readImage), ...(next !== '' && { next }) };
    },
    async tagsOf(parent, image, digest) {
      const name = `${parent}/dockerImages/${encodeURIComponent(image)}@${digest}`;
      const about = { path: name, purpose: `to read ${name}` };
      const found = await orNothing(ask(about, (api) => api.getDockerImage({ name }, { timeout })));
      return found?.[0].tags ?? [];
    },
    async readRepository(name) {
      const [repository] = await ask({ path: name, purpose: `to read ${name}` }, (api) =>
        api.getRepository({ name }, { timeout }),
      );
      const { dockerConfig, format, mode } = repository;
      return {
        immutableTags: dockerConfig?.immutableTags ?? false,
        format: String(format ?? ''),
        mode: String(mode ?? ''),
      };
    },
    async missingPermissions(resource, permissions) {
      const about = { path: `${resource}:testIamPermissions`, purpose: `to ask about ${resource}` };
      const [answer] = await ask(about, (api) =>
        api.testIamPermissions({ resource, permissions: [...permissions] }, { timeout }),
      );
      const held = answer.permissions ?? [];
      return permissions.filter((permission) => !held.includes(permission));
    },
    close,
  };
}

function createQuestions(loadClient: () => Promise<ArtifactRegistryApi>) {
  let client: Promise<ArtifactRegistryApi> | undefined;
  return {
    /** `about` is what is asked of the service: below {@link SERVICE}, and for people. */
    ask: async <T>(
      about: { readonly path: string; readonly purpose: string },
      question: (api: ArtifactRegistryApi) => Promise<T>,
    ): Promise<T> => {
      const loading = (client ??= loadClient());
      try {
        return await question(await loading);
      } catch (error) {
        // Credentials that are not to be had now may be at the next request.
        loading.catch(() => (client = undefined));
        throw serviceFailure(error, `${SERVICE}/${about.path}`, about.purpose);
      }
    },
    close: async () => {
      // One that never got credentials has nothing to close.
      await (await client?.catch(() => undefined))?.close();
    },
  };
}

/** Undefined for what the service does not know. */
async function orNothing<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return undefined;
    throw error;
  }
}

type ListedImage = protos.google.devtools.artifactregistry.v1.IDockerImage;

/** None for a name that is not `…/dockerImages/IMAGE@DIGEST`. */
function readImage(listed: ListedImage): DockerImage[] {
  const { name, tags, imageSizeBytes, uploadTime, imageManifests } = listed;
  const [, image = '', digest = ''] = /\/dockerImages\/([^@]+)@(.+)$/.exec(name ?? '') ?? [];
  if (!isDigest(digest)) return [];
  return [
    {
      image: image.replaceAll(/%2f/gi, '/'),
      digest,
      tags: tags ?? [],
      size: Number(imageSizeBytes ?? 0),
      uploadedAt: new Date(Number(uploadTime?.seconds ?? 0) * 1000),
      children: (imageManifests ?? []).map((one) => one.digest ?? '').filter(isDigest),
    },
  ];
}

async function loadGoogleClient({
  emulator,
  accessToken,
  clientOptions = {},
}: ArtifactRegistryDeps): Promise<ArtifactRegistryApi> {
  const { ArtifactRegistryClient } = await import('@google-cloud/artifact-registry');
  if (emulator === undefined && accessToken === undefined) {
    return initialized(new ArtifactRegistryClient(clientOptions));
  }
  const { GoogleAuth, OAuth2Client, PassThroughClient } = await import('google-auth-library');
  if (emulator === undefined) {
    const token = await accessToken?.();
    const authClient = new OAuth2Client({ credentials: { access_token: token ?? null } });
    const auth = new GoogleAuth({ authClient });
    return initialized(new ArtifactRegistryClient({ ...clientOptions, auth }));
  }
  const { credentials } = await import('@grpc/grpc-js');
  const colon = emulator.lastIndexOf(':');
  return new ArtifactRegistryClient({
    ...clientOptions,
    apiEndpoint: emulator.slice(0, colon),
    port: Number(emulator.slice(colon + 1)),
    sslCreds: credentials.createInsecure(),
    // Or it asks the metadata server, which is not here, for the domain of Google's APIs.
    auth: new GoogleAuth({ authClient: new PassThroughClient() }),
  });
}

/** The client starts at its first call. If that fails, it also creates a rejection that no caller can catch. */
async function initialized(client: ArtifactRegistryClient): Promise<ArtifactRegistryClient> {
  await client.initialize();
  return client;
}
