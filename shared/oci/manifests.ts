import type { Call } from './auth/authorized-send';
import { dropBody, readBody, unusableAnswer } from './http/bodies';
import { endpointUrl, type RepositoryContext } from './context';
import type { Descriptor } from './descriptor';
import { digestAlgorithm, digestOf, isDigest, type Digest } from './digest';
import { checkDigest } from './digest-header';
import { DigestMismatchError, DigestNotKeptError, InvalidManifestError } from './http/errors';
import { parseManifest, type Manifest, type ManifestLimits } from './manifest';
import { ACCEPT_MANIFESTS, essence, isManifestType } from './media-types';
import { isTag } from './reference';
import type { Repository } from './repository';
import { headerOf, type HttpResponse } from './http/transport';
import { redactUrl } from './http/urls';

/** A HEAD may be refused where a GET is not, and its refusal cannot say why. */
const UNCLEAR_TO_HEAD = [400, 401, 403, 405, 406, 501];

/** end-3 and end-7. */
export function createManifestEndpoints(
  context: RepositoryContext,
): Pick<Repository, 'headManifest' | 'getManifest' | 'putManifest'> {
  const { exchange } = context;
  const headers = { accept: ACCEPT_MANIFESTS };

  async function headManifest(tagOrDigest: string): Promise<Descriptor | undefined> {
    const url = manifestUrl(context, tagOrDigest);
    const accept = [200, 404, ...UNCLEAR_TO_HEAD];
    const reported = await exchange({ method: 'HEAD', url, accept, headers }, async (response) => {
      await dropBody(response);
      if (response.status === 404) return 'none';
      return response.status === 200 ? descriptorOf(response, tagOrDigest) : undefined;
    });
    if (reported !== undefined) return reported === 'none' ? undefined : reported;
    return exchange({ method: 'GET', url, accept: [200, 404], headers }, async (response) => {
      if (response.status === 200) {
        return (await readManifest(response, tagOrDigest, context)).descriptor;
      }
      await dropBody(response);
      return undefined;
    });
  }

  /** Some name what they have stored by an algorithm of their own, and serve it by the digest that was asked for, too. */
  async function isServed(error: unknown, reference: string): Promise<boolean> {
    if (!(error instanceof DigestNotKeptError) || !isDigest(reference)) return false;
    return (await headManifest(reference)) !== undefined;
  }

  return {
    headManifest,

    async getManifest(tagOrDigest) {
      const url = manifestUrl(context, tagOrDigest);
      return exchange({ method: 'GET', url, accept: [200], headers }, async (response) =>
        readManifest(response, tagOrDigest, context),
      );
    },

    async putManifest(manifest, reference, beforeSend) {
      const url = manifestUrl(context, reference);
      checkLength(manifest, context);
      const { digest } = manifest.descriptor;
      const isKept = isDigest(reference) || digestAlgorithm(digest) === 'sha256';
      if (isKept || !(await putWithTag(manifest, reference, context, beforeSend))) {
        try {
          await put(manifest, url, context, { setsTag: !isDigest(reference), beforeSend });
        } catch (error) {
          if (!(await isServed(error, reference))) throw error;
        }
      }
      context.traffic.bytesWritten += manifest.bytes.length;
    },
  };
}

/** What is made may have grown: a list to which something is added. What could not be read again is not written. */
function checkLength({ descriptor }: Manifest, { limits: { maxBytes } }: RepositoryContext): void {
  if (descriptor.size <= maxBytes) return;
  throw new InvalidManifestError(
    `the manifest ${descriptor.digest} cannot be copied: it is larger than the limit of ${maxBytes} bytes (MAX_MANIFEST_BYTES)`,
  );
}

/**
 * end-7b: a PUT to the tag alone would make the registry choose the algorithm of the digest. False: the registry does not
 * support it.
 */
async function putWithTag(
  manifest: Manifest,
  tag: string,
  context: RepositoryContext,
  beforeSend: Call['beforeSend'],
): Promise<boolean> {
  const url = manifestUrl(context, manifest.descriptor.digest);
  url.searchParams.set('tag', tag);
  const { headers } = await put(manifest, url, context, { setsTag: true, beforeSend });
  const tagged = [headers['oci-tag'] ?? ''].flat().flatMap((value) => value.split(/\s*,\s*/));
  return tagged.includes(tag);
}

async function put(
  { bytes, descriptor }: Manifest,
  url: URL,
  { exchange }: RepositoryContext,
  how: Pick<Call, 'setsTag' | 'beforeSend'>,
): Promise<HttpResponse> {
  return exchange(
    {
      method: 'PUT',
      url,
      // Quay answered 202 for a long time.
      accept: [201, 202],
      headers: { 'content-type': descriptor.mediaType },
      body: bytes,
      ...how,
    },
    async (response) => {
      await dropBody(response);
      checkDigest(response, descriptor.digest, bytes);
      return response;
    },
  );
}

/** @throws {TypeError} for what cannot be part of a URL as it is. */
function manifestUrl(context: RepositoryContext, tagOrDigest: string): URL {
  if (!isTag(tagOrDigest) && !isDigest(tagOrDigest)) {
    throw new TypeError(
      `${JSON.stringify(tagOrDigest.slice(0, 160))} is neither a tag nor a digest`,
    );
  }
  return endpointUrl(context, `manifests/${tagOrDigest}`);
}

async function readManifest(
  response: HttpResponse,
  tagOrDigest: string,
  { limits, traffic }: RepositoryContext,
): Promise<Manifest> {
  const what = `GET ${redactUrl(response.url)}`;
  const type = contentTypeOf(response);
  const bytes = await readBody(response, limits.maxBytes);
  if (bytes === undefined) {
    throw new InvalidManifestError(
      `${what} gives a manifest larger than the limit of ${limits.maxBytes} bytes (MAX_MANIFEST_BYTES)`,
    );
  }
  traffic.bytesRead += bytes.length;
  if (type === 'text/html') throw unusableAnswer(response, 'a web page: this is no registry');
  const expected = isDigest(tagOrDigest) ? tagOrDigest : digestHeaderOf(response);
  if (expected === undefined) return readUnverified(response, bytes, limits);
  const actual = digestOf(bytes, digestAlgorithm(expected));
  if (actual !== expected) throw new DigestMismatchError(what, expected, actual);
  return parseManifest(bytes, type, expected, limits);
}

/** A broken response looks like an unreadable manifest: another response may be better. */
function readUnverified(
  response: HttpResponse,
  bytes: Uint8Array,
  limits: ManifestLimits,
): Manifest {
  try {
    return parseManifest(bytes, contentTypeOf(response), undefined, limits);
  } catch (error) {
    if (!(error instanceof InvalidManifestError)) throw error;
    throw unusableAnswer(response, error.message);
  }
}

/** Returns undefined if the response is not sufficient. */
function descriptorOf(response: HttpResponse, tagOrDigest: string): Descriptor | undefined {
  const named = digestHeaderOf(response);
  const digest = isDigest(tagOrDigest) ? tagOrDigest : named;
  const mediaType = contentTypeOf(response);
  const size = Number(headerOf(response, 'content-length') ?? Number.NaN);
  // A host that answers 200 to everything has neither the header nor the type.
  if (named === undefined && !isManifestType(mediaType)) return undefined;
  if (digest === undefined || mediaType === undefined || !Number.isSafeInteger(size)) {
    return undefined;
  }
  return { mediaType, digest, size };
}

function contentTypeOf(response: HttpResponse): string | undefined {
  return essence(headerOf(response, 'content-type'));
}

function digestHeaderOf(response: HttpResponse): Digest | undefined {
  const digest = headerOf(response, 'docker-content-digest');
  return digest !== undefined && isDigest(digest) ? digest : undefined;
}
