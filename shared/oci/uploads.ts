import type { Readable } from 'node:stream';
import { dropBody } from './bodies';
import type { Descriptor } from './descriptor';
import { digestAlgorithm, digestOf, isDigest, type Digest } from './digest';
import { DigestMismatchError, NetworkError, RegistryError } from './errors';
import type { Exchange } from './exchange';
import type { MountMemory } from './mounts';
import type { RepositoryName } from './reference';
import type { Mount, Traffic, Upload } from './repository';
import { isTransientFailure } from './retryable';
import { headerOf, type HttpResponse } from './transport';
import { redactUrl, resolveServerUrl } from './urls';

export interface UploadDeps {
  readonly name: RepositoryName;
  readonly origin: URL;
  readonly exchange: Exchange;
  readonly mounts: MountMemory;
  readonly traffic: Traffic;
  readonly hasBlob: (digest: Digest) => Promise<boolean>;
  /** For the answer to a commit, besides the time that its size allows for. */
  readonly commitTimeoutMs: number;
}

/** Registries move or hash the blob before they answer: 5 to 11 s for 700 MB were seen. */
const COMMIT_MS_PER_BYTE = 1000 / (50 * 1024 * 1024);

/** end-11, end-4a: see {@link Repository.mountOrStartUpload}. */
export async function mountOrStartUpload(
  digest: Digest,
  offer: Mount | undefined,
  deps: UploadDeps,
): Promise<'present' | Upload> {
  const { name, mounts } = deps;
  const target = `${name.registry}/${name.repository}`;
  const mount = mounts.worthOffering(target, offer);
  if (mount !== undefined) {
    const answer = await tryMount(digest, mount, deps);
    const outcome = answer === 'present' ? 'mounted' : answer === 'refused' ? answer : 'upload';
    mounts.outcome(target, mount, outcome);
    if (answer !== 'refused') return answer;
    return startUpload(digest, deps);
  }
  if (mounts.canAskByMount(name.registry)) {
    const answer = await tryMount(digest, { from: name.repository }, deps);
    if (answer !== 'refused') return answer;
    mounts.refusesToAsk(name.registry);
  } else if (await deps.hasBlob(digest)) {
    return 'present';
  }
  return startUpload(digest, deps);
}

/** Any 4xx to a mount may mean no more than that the registry dislikes mounts: a plain upload tells. */
async function tryMount(
  digest: Digest,
  mount: Mount,
  deps: UploadDeps,
): Promise<'present' | 'refused' | Upload> {
  try {
    return await startMount(digest, mount, deps);
  } catch (error) {
    const isDislike = error instanceof RegistryError && error.status >= 400 && error.status < 500;
    if (isDislike && !isTransientFailure(error)) return 'refused';
    throw error;
  }
}

/** end-4a alone: see {@link Repository.startUpload}. */
export async function startUpload(digest: Digest, deps: UploadDeps): Promise<Upload> {
  const call = { method: 'POST', url: uploadsUrl(digest, deps), accept: [202] } as const;
  return deps.exchange(call, async (response) => openedBy(response, deps));
}

async function startMount(
  digest: Digest,
  mount: Mount,
  deps: UploadDeps,
): Promise<'present' | Upload> {
  const url = uploadsUrl(digest, deps);
  url.searchParams.set('mount', digest);
  url.searchParams.set('from', mount.from);
  if (mount.origin !== undefined) url.searchParams.set('origin', mount.origin);
  const isForeign = mount.origin === undefined && mount.from !== deps.name.repository;
  return deps.exchange(
    { method: 'POST', url, accept: [201, 202], ...(isForeign && { alsoPull: mount.from }) },
    async (response) => {
      if (response.status === 202) return openedBy(response, deps);
      await dropBody(response);
      checkDigest(`the blob mounted by POST ${redactUrl(url)}`, response, digest);
      return 'present';
    },
  );
}

function uploadsUrl(digest: Digest, { name, origin }: UploadDeps): URL {
  const url = new URL(`/v2/${name.repository}/blobs/uploads/`, origin);
  const algorithm = digestAlgorithm(digest);
  if (algorithm !== 'sha256') url.searchParams.set('digest-algorithm', algorithm);
  return url;
}

async function openedBy(response: HttpResponse, deps: UploadDeps): Promise<Upload> {
  await dropBody(response);
  return createUpload(locationOf(response, deps.origin), deps);
}

function createUpload(location: URL, deps: UploadDeps): Upload {
  return {
    async write(descriptor, content) {
      try {
        await commit(location, descriptor, content, deps);
      } catch (error) {
        if (!(await isCommittedAfterAll(error, descriptor, content, deps))) throw error;
      } finally {
        // What is not read to its end would keep its own connection waiting.
        if (!(content instanceof Uint8Array)) content.destroy();
      }
      deps.traffic.bytesWritten += descriptor.size;
    },
    async cancel() {
      const call = {
        method: 'DELETE',
        url: location,
        accept: [204, 202, 200],
        replayable: false,
      } as const;
      await deps.exchange(call, dropBody).catch(() => undefined);
    },
  };
}

async function commit(
  location: URL,
  { digest, size }: Descriptor,
  content: Readable | Uint8Array,
  deps: UploadDeps,
): Promise<void> {
  const url = new URL(location);
  // By hand: what the registry has put into the query must come back to the letter.
  url.search = `${location.search === '' ? '?' : `${location.search}&`}digest=${encodeURIComponent(digest)}`;
  await deps.exchange(
    {
      method: 'PUT',
      url,
      accept: [201],
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      // undici would send an empty stream in chunks.
      body: size === 0 ? new Uint8Array() : content,
      replayable: false,
      answerTimeoutMs: deps.commitTimeoutMs + size * COMMIT_MS_PER_BYTE,
    },
    async (response) => {
      await dropBody(response);
      checkDigest(`the blob stored by PUT ${redactUrl(url)}`, response, digest);
    },
  );
}

/** The answer to a commit may be lost, or come too late, although the registry has the blob: sending it again would not help. */
async function isCommittedAfterAll(
  error: unknown,
  { digest }: Descriptor,
  content: Readable | Uint8Array,
  deps: UploadDeps,
): Promise<boolean> {
  const wasSent = content instanceof Uint8Array || content.readableEnded;
  const isDoubtful = error instanceof NetworkError || isTransientFailure(error);
  if (!wasSent || !isDoubtful) return false;
  return deps.hasBlob(digest).catch(() => false);
}

function locationOf(response: HttpResponse, origin: URL): URL {
  const location = headerOf(response, 'location');
  if (location === undefined) {
    throw new RegistryError({
      method: 'POST',
      url: redactUrl(response.url),
      status: response.status,
      entries: [],
      detail: 'it opened an upload without saying where (no Location)',
    });
  }
  return resolveServerUrl(location, response.url, origin.hostname);
}

/** A registry need not name the digest, but may not name another one. */
export function checkDigest(
  what: string,
  response: HttpResponse,
  expected: Digest,
  bytes?: Uint8Array,
): void {
  const named = headerOf(response, 'docker-content-digest');
  if (named === undefined || named === expected) return;
  const isSameContent =
    bytes !== undefined && isDigest(named) && digestOf(bytes, digestAlgorithm(named)) === named;
  if (!isSameContent) throw new DigestMismatchError(what, expected, named.slice(0, 200));
}
