import type { Readable } from 'node:stream';
import { dropBody, unusableAnswer } from './http/bodies';
import { endpointUrl, type RepositoryContext } from './context';
import type { Descriptor } from './descriptor';
import { digestAlgorithm, type Digest } from './digest';
import { checkDigest } from './digest-header';
import { NetworkError, RegistryError } from './http/errors';
import type { Mount, Repository, Upload } from './repository';
import { isTransientFailure } from './http/retries';
import { headerOf, type HttpResponse } from './http/transport';
import { resolveServerUrl } from './http/urls';

/** Registries move or hash the blob before they answer: 5 to 11 s for 700 MB were seen. */
const COMMIT_MS_PER_BYTE = 1000 / (50 * 1024 * 1024);

type UploadContext = RepositoryContext & Pick<Repository, 'hasBlob'>;

/** end-4 to end-6, and end-11. */
export function createUploadEndpoints(
  context: RepositoryContext,
  hasBlob: Repository['hasBlob'],
): Pick<Repository, 'mountOrStartUpload' | 'startUpload'> {
  const deps = { ...context, hasBlob };
  return {
    startUpload: (digest) => startUpload(digest, deps),

    async mountOrStartUpload(digest, offer) {
      const { mounts, name } = deps;
      // Nothing may come between the last look and the offer.
      for (let first = firstAnswer(offer, deps); first; first = firstAnswer(offer, deps)) {
        await first;
      }
      const mount = mounts.worthOffering(name, offer);
      if (mount !== undefined) {
        const opening = openByMount(digest, mount, deps);
        if (deps.isImpersonating) mounts.offering(name, mount, opening);
        return opening;
      }
      if (mounts.canAskByMount(name)) {
        const answer = await tryMount(digest, { from: name.repository }, deps);
        if (answer === 'present') return answer;
        if (!isRefusal(answer)) return unlessIgnored(answer, digest, deps);
        // Only if this succeeds was it the mount that the registry disliked, and not us.
        const opened = await startUpload(digest, deps);
        mounts.cannotAskByMount(name);
        return opened;
      }
      if (await hasBlob(digest).catch(unlessTransient)) return 'present';
      return startUpload(digest, deps);
    },
  };
}

/** What an account that may be denied all offers waits for. */
function firstAnswer(
  offer: Mount | undefined,
  { isImpersonating, mounts, name }: UploadContext,
): Promise<unknown> | undefined {
  return isImpersonating ? mounts.firstAnswer(name, offer) : undefined;
}

async function openByMount(
  digest: Digest,
  mount: Mount,
  deps: UploadContext,
): Promise<'present' | Upload> {
  const answer = await tryMount(digest, mount, deps);
  const opened = isRefusal(answer) ? await startUpload(digest, deps) : answer;
  deps.mounts.offered(deps.name, mount, answer);
  return opened;
}

type Refusal = 'refused' | 'denied';

function isRefusal(answer: 'present' | Refusal | Upload): answer is Refusal {
  return answer === 'refused' || answer === 'denied';
}

/** Some registries open an upload for a blob that they have; that shows where this client has uploaded it. */
async function unlessIgnored(
  upload: Upload,
  digest: Digest,
  { hasBlob, mounts, name }: UploadContext,
): Promise<'present' | Upload> {
  if (!mounts.has(name, digest) || !(await hasBlob(digest))) return upload;
  mounts.cannotAskByMount(name);
  await upload.cancel();
  return 'present';
}

/** A lasting refusal of a mount may only mean that the registry does not support mounts: a plain upload shows. */
async function tryMount(
  digest: Digest,
  mount: Mount,
  deps: UploadContext,
): Promise<'present' | Refusal | Upload> {
  try {
    return await startMount(digest, mount, deps);
  } catch (error) {
    const isDislike = error instanceof RegistryError && error.status >= 400;
    if (!isDislike || isTransientFailure(error)) throw error;
    return [401, 403].includes(error.status) ? 'denied' : 'refused';
  }
}

async function startUpload(digest: Digest, deps: UploadContext): Promise<Upload> {
  const call = { method: 'POST', url: uploadsUrl(digest, deps), accept: [202] } as const;
  return deps.exchange(call, async (response) => openedBy(response, deps));
}

async function startMount(
  digest: Digest,
  mount: Mount,
  deps: UploadContext,
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
      checkDigest(response, digest);
      return 'present';
    },
  );
}

function uploadsUrl(digest: Digest, context: UploadContext): URL {
  const url = endpointUrl(context, 'blobs/uploads/');
  const algorithm = digestAlgorithm(digest);
  if (algorithm !== 'sha256') url.searchParams.set('digest-algorithm', algorithm);
  return url;
}

async function openedBy(response: HttpResponse, deps: UploadContext): Promise<Upload> {
  await dropBody(response);
  return createUpload(locationOf(response, deps), deps);
}

function createUpload(location: URL, deps: UploadContext): Upload {
  return {
    async write(descriptor, content) {
      try {
        await commit(location, descriptor, content, deps);
      } catch (error) {
        if (!(await isCommittedAfterAll(error, descriptor, content, deps))) throw error;
      } finally {
        // A stream that is not read to its end would keep its own connection waiting.
        if (!(content instanceof Uint8Array)) content.destroy();
      }
      deps.traffic.bytesWritten += descriptor.size;
      deps.mounts.stored(deps.name, descriptor.digest);
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
  deps: UploadContext,
): Promise<void> {
  const url = new URL(location);
  // By hand: what the registry has put into the query must come back letter by letter.
  url.search = `${location.search && `${location.search}&`}digest=${encodeURIComponent(digest)}`;
  await deps.exchange(
    {
      method: 'PUT',
      url,
      accept: [201],
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(size) },
      body: content,
      replayable: false,
      answerTimeoutMs: deps.timeouts.commit + size * COMMIT_MS_PER_BYTE,
    },
    async (response) => {
      await dropBody(response);
      checkDigest(response, digest);
    },
  );
}

/** The answer to a commit may be lost, or come too late, although the registry has the blob: sending it again would not help. */
async function isCommittedAfterAll(
  error: unknown,
  { digest }: Descriptor,
  content: Readable | Uint8Array,
  deps: UploadContext,
): Promise<boolean> {
  const wasSent = content instanceof Uint8Array || content.readableEnded;
  const isUncertain = error instanceof NetworkError || isTransientFailure(error);
  if (!wasSent || !isUncertain) return false;
  return deps.hasBlob(digest).catch(() => false);
}

/** A registry that cannot be asked will say why when it gets the upload. */
function unlessTransient(error: unknown): false {
  if (isTransientFailure(error) || !(error instanceof RegistryError)) throw error;
  return false;
}

function locationOf(response: HttpResponse, { ownOrigins }: UploadContext): URL {
  const location = headerOf(response, 'location');
  if (location === undefined) {
    throw unusableAnswer(response, 'it opened an upload without saying where (no Location)');
  }
  return resolveServerUrl(location, response.url, ownOrigins);
}
