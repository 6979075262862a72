import type { Readable } from 'node:stream';
import { createBlobStream, type BlobPart } from './blob-stream';
import { dropBody, unusableAnswer } from './http/bodies';
import { endpointUrl, type RepositoryContext } from './context';
import type { Descriptor } from './descriptor';
import { DigestMismatchError, NetworkError } from './http/errors';
import { essence } from './media-types';
import type { Repository } from './repository';
import { headerOf, type HttpResponse } from './http/transport';
import { redactUrl } from './http/urls';

/** A source that breaks again must have given this much in between, or have held for this long. */
const PROGRESS_BYTES = 1024 * 1024;
const PROGRESS_MS = 60_000;
const RESUME_DELAY_MS = 500;
/** How a server answers that has no HEAD, or whose proxy has none. */
const UNKNOWN_METHOD = [405, 501];

/** end-2. */
export function createBlobEndpoints(
  context: RepositoryContext,
): Pick<Repository, 'hasBlob' | 'getBlob'> {
  return {
    async hasBlob(digest) {
      const url = endpointUrl(context, `blobs/${digest}`);
      const accept = [200, 404, ...UNKNOWN_METHOD];
      const reported = await context.exchange({ method: 'HEAD', url, accept }, async (response) => {
        await dropBody(response);
        return UNKNOWN_METHOD.includes(response.status) ? undefined : isBlob(response);
      });
      return reported ?? hasFirstByte(url, context);
    },
    getBlob: (descriptor) => readBlob(descriptor, context),
  };
}

/** Asks for the first byte where HEAD is not supported. An empty blob has no range (416); a whole body is dropped. */
async function hasFirstByte(url: URL, { exchange }: RepositoryContext): Promise<boolean> {
  const call = {
    method: 'GET',
    url,
    accept: [200, 206, 404, 416],
    headers: { range: 'bytes=0-0' },
  } as const;
  return exchange(call, async (response) => {
    if (response.status === 200) response.body.destroy();
    else await dropBody(response);
    return isBlob(response);
  });
}

function isBlob(response: HttpResponse): boolean {
  if (response.status === 404) return false;
  if (essence(headerOf(response, 'content-type')) !== 'text/html') return true;
  throw unusableAnswer(response, 'a web page instead of a blob: this is no registry');
}

async function readBlob(descriptor: Descriptor, context: RepositoryContext): Promise<Readable> {
  const request = {
    url: endpointUrl(context, `blobs/${descriptor.digest}`),
    size: descriptor.size,
  };
  return createBlobStream(descriptor, await getWhole(request, context), {
    what: `GET ${redactUrl(request.url)}`,
    resume: createResume(request, context),
    count(bytes) {
      context.traffic.bytesRead += bytes;
      context.onBlobBytes(bytes);
    },
  });
}

interface BlobRequest {
  readonly url: URL;
  readonly size: number;
}

/** Asks the registry again, and not the URL that it redirected to, which may have expired. */
function createResume(
  request: BlobRequest,
  context: RepositoryContext,
): (received: number, cause: Error) => Promise<BlobPart> {
  const { clock, random, signal } = context;
  let lastBreak: { at: number; received: number } | undefined;
  let takesRanges = true;

  return async (received, cause) => {
    signal?.throwIfAborted();
    const isUseless =
      lastBreak !== undefined &&
      received - lastBreak.received < PROGRESS_BYTES &&
      clock.monotonic() - lastBreak.at < PROGRESS_MS;
    if (isUseless) throw brokenOff(request, received, cause);
    if (lastBreak !== undefined) await clock.sleep(RESUME_DELAY_MS * (1 + random()), signal);
    lastBreak = { at: clock.monotonic(), received };
    const part =
      takesRanges && received > 0 ? await getRange(request, received, context) : undefined;
    takesRanges = part !== undefined || received === 0;
    return part ?? { ...(await getWhole(request, context)), skip: received };
  };
}

async function getWhole(request: BlobRequest, context: RepositoryContext): Promise<BlobPart> {
  const call = { ...callFor(request, context), accept: [200] };
  return context.exchange(call, (response) => Promise.resolve(wholeOf(response, request)));
}

/** `undefined`: this source has no ranges, or wrong ones. */
async function getRange(
  request: BlobRequest,
  from: number,
  context: RepositoryContext,
): Promise<BlobPart | undefined> {
  const call = {
    ...callFor(request, context),
    accept: [200, 206, 416],
    headers: { range: `bytes=${from}-` },
  };
  return context.exchange(call, async (response) => {
    const { body, status } = response;
    if (status === 200) return { ...wholeOf(response, request), skip: from };
    const range = headerOf(response, 'content-range');
    const isExact = [request.size, '*'].some(
      (total) => range === `bytes ${from}-${request.size - 1}/${total}`,
    );
    if (status === 206 && isExact) return { body, skip: 0 };
    if (status === 416) await dropBody(response);
    else body.destroy();
    return undefined;
  });
}

function callFor({ url }: BlobRequest, { timeouts }: RepositoryContext) {
  return {
    method: 'GET',
    url,
    answerTimeoutMs: timeouts.blobAnswer,
    idleTimeoutMs: timeouts.blobIdle,
  } as const;
}

/** A length that is wrong from the start need not be read to its end. */
function wholeOf(response: HttpResponse, { size }: BlobRequest): BlobPart {
  const length = Number(headerOf(response, 'content-length') ?? size);
  if (length === size) return { body: response.body, skip: 0 };
  response.body.destroy();
  throw new DigestMismatchError(
    `GET ${redactUrl(response.url)}`,
    `${size} bytes`,
    `${length} bytes`,
  );
}

function brokenOff({ url, size }: BlobRequest, received: number, cause: Error): NetworkError {
  const reported = `the blob broke off after ${received} of ${size} bytes: ${cause.message}`;
  return new NetworkError('GET', redactUrl(url), new Error(reported, { cause }));
}
