import * as z from 'zod';
import { dropBody, readBody, unusableAnswer } from './bodies';
import { readBlob } from './blobs';
import type { Descriptor } from './descriptor';
import { digestAlgorithm, digestOf, isDigest, type Digest } from './digest';
import { DigestMismatchError, InvalidManifestError } from './errors';
import type { Exchange } from './exchange';
import { DescriptorSchema, parseManifest, type Manifest, type ManifestLimits } from './manifest';
import { ACCEPT_MANIFESTS, OCI_INDEX, essence, isManifestType } from './media-types';
import type { MountMemory } from './mounts';
import { readPages } from './pages';
import type { Sleep } from './pauses';
import { isTag, type RepositoryName } from './reference';
import type { Repository, Traffic } from './repository';
import { headerOf, type HttpResponse } from './transport';
import { checkDigest, mountOrStartUpload, startUpload } from './uploads';
import { redactUrl } from './urls';

export interface RegistryRepositoryDeps {
  readonly name: RepositoryName;
  readonly origin: URL;
  readonly exchange: Exchange;
  readonly traffic: Traffic;
  readonly signal?: AbortSignal;
  readonly mounts: MountMemory;
  /** Repositories whose registry is known to have no referrers API. */
  readonly withoutReferrers: { has(): boolean; add(): void };
  readonly limits: ManifestLimits;
  readonly answerTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly commitTimeoutMs: number;
  readonly sleep: Sleep;
  readonly random: () => number;
  readonly now: () => number;
}

const TAGS_A_PAGE = 1000;
/** How registries without the referrers API answer for it. */
const NO_REFERRERS_API = [404, 400, 405, 406, 501];

/** A HEAD may be refused where a GET is not, and its refusal cannot say why. */
const UNCLEAR_TO_HEAD = [400, 401, 403, 405, 406];

const TagList = z.looseObject({ tags: z.array(z.string()).nullish() });
const ReferrersList = z.looseObject({
  mediaType: z.string().nullish(),
  manifests: z.array(DescriptorSchema).nullish(),
});

/** A {@link Repository} over HTTP. */
export function createRegistryRepository(deps: RegistryRepositoryDeps): Repository {
  const { name, origin, exchange, traffic } = deps;
  const at = (path: string): URL => new URL(`/v2/${name.repository}/${path}`, origin);
  const manifestUrl = (tagOrDigest: string): URL => {
    if (!isTag(tagOrDigest) && !isDigest(tagOrDigest)) {
      throw new TypeError(`${JSON.stringify(tagOrDigest.slice(0, 160))} is neither tag nor digest`);
    }
    return at(`manifests/${tagOrDigest}`);
  };

  const acceptManifests = { accept: ACCEPT_MANIFESTS };

  async function readManifest(response: HttpResponse, tagOrDigest: string): Promise<Manifest> {
    const what = `GET ${redactUrl(response.url)}`;
    const type = contentTypeOf(response);
    const bytes = await readBody(response, deps.limits.maxBytes);
    if (bytes === undefined) {
      throw new InvalidManifestError(
        `${what} gives a manifest larger than the limit of ${deps.limits.maxBytes} bytes`,
      );
    }
    traffic.bytesRead += bytes.length;
    if (type === 'text/html') {
      throw new InvalidManifestError(`${what} gives a web page: this is no registry`);
    }
    const expected = isDigest(tagOrDigest) ? tagOrDigest : digestHeaderOf(response);
    if (expected !== undefined) verifyDigest(what, bytes, expected);
    return parseManifest(bytes, type, expected, deps.limits);
  }

  async function headManifest(tagOrDigest: string): Promise<Descriptor | undefined> {
    const url = manifestUrl(tagOrDigest);
    const head = await exchange(
      { method: 'HEAD', url, accept: [200, 404, ...UNCLEAR_TO_HEAD], headers: acceptManifests },
      async (response) => {
        await dropBody(response);
        if (response.status === 404) return 'none';
        return response.status === 200 ? descriptorOf(response, tagOrDigest) : undefined;
      },
    );
    if (head !== undefined) return head === 'none' ? undefined : head;
    return exchange(
      { method: 'GET', url, accept: [200, 404], headers: acceptManifests },
      async (response) => {
        if (response.status === 200) return (await readManifest(response, tagOrDigest)).descriptor;
        await dropBody(response);
        return undefined;
      },
    );
  }

  async function putManifest(manifest: Manifest, reference: string): Promise<void> {
    const { bytes, descriptor } = manifest;
    const put = (url: URL) =>
      exchange(
        {
          method: 'PUT',
          url,
          accept: [201, 202],
          headers: { 'content-type': descriptor.mediaType },
          body: bytes,
        },
        async (response) => {
          await dropBody(response);
          const what = `the manifest stored by PUT ${redactUrl(url)}`;
          checkDigest(what, response, descriptor.digest, bytes);
          return [response.headers['oci-tag'] ?? []]
            .flat()
            .join(',')
            .split(/\s*,\s*/);
        },
      );
    if (isTag(reference) && digestAlgorithm(descriptor.digest) !== 'sha256') {
      // end-7b: a PUT to a tag alone would make the registry choose the algorithm.
      const url = manifestUrl(descriptor.digest);
      url.searchParams.set('tag', reference);
      if (!(await put(url)).includes(reference)) await put(manifestUrl(reference));
    } else {
      await put(manifestUrl(reference));
    }
    traffic.bytesWritten += bytes.length;
  }

  async function hasBlob(digest: Digest): Promise<boolean> {
    const url = at(`blobs/${digest}`);
    return exchange({ method: 'HEAD', url, accept: [200, 404] }, async (response) => {
      await dropBody(response);
      if (contentTypeOf(response) === 'text/html' && response.status === 200) {
        throw unusableAnswer(response, 'a web page instead of a blob: this is no registry');
      }
      return response.status === 200;
    });
  }

  async function listReferrers(subject: Digest): Promise<readonly Descriptor[] | undefined> {
    if (deps.withoutReferrers.has()) return undefined;
    const referrers: Descriptor[] = [];
    const answer = { isSupported: true };
    const page = {
      first: at(`referrers/${subject}`),
      accept: [200, ...NO_REFERRERS_API],
      headers: { accept: OCI_INDEX },
      maxBytes: deps.limits.maxBytes,
    };
    await readPages(exchange, page, (response, json) => {
      const list = ReferrersList.safeParse(json);
      if (response.status !== 200 || !isIndex(response, list.data)) {
        answer.isSupported = false;
        // A repository that does not exist yet tells nothing about its registry.
        if (!JSON.stringify(json ?? '').includes('NAME_UNKNOWN')) deps.withoutReferrers.add();
        return false;
      }
      referrers.push(...(list.data?.manifests ?? []));
      return true;
    });
    return answer.isSupported ? referrers : undefined;
  }

  async function listTags(): Promise<readonly string[]> {
    const tags: string[] = [];
    const first = at(`tags/list?n=${TAGS_A_PAGE}`);
    const page = { first, accept: [200], maxBytes: deps.limits.maxBytes };
    await readPages(exchange, page, (response, json) => {
      const list = TagList.safeParse(json);
      if (!list.success) throw unusableAnswer(response, 'this is no list of tags');
      tags.push(...(list.data.tags ?? []));
      return true;
    });
    return tags;
  }

  return {
    registry: name.registry,
    repository: name.repository,
    headManifest,
    putManifest,
    hasBlob,
    listReferrers,
    listTags,
    getManifest: async (tagOrDigest) =>
      exchange(
        { method: 'GET', url: manifestUrl(tagOrDigest), accept: [200], headers: acceptManifests },
        async (response) => readManifest(response, tagOrDigest),
      ),
    getBlob: async (descriptor) => readBlob(at(`blobs/${descriptor.digest}`), descriptor, deps),
    mountOrStartUpload: async (digest, mount) =>
      mountOrStartUpload(digest, mount, { ...deps, hasBlob }),
    startUpload: async (digest) => startUpload(digest, { ...deps, hasBlob }),
  };
}

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

function isIndex(
  response: HttpResponse,
  list: z.output<typeof ReferrersList> | undefined,
): boolean {
  if (list === undefined) return false;
  const type = contentTypeOf(response);
  return type === OCI_INDEX || (type === 'application/json' && list.mediaType === OCI_INDEX);
}

function contentTypeOf(response: HttpResponse): string | undefined {
  return essence(headerOf(response, 'content-type'));
}

function digestHeaderOf(response: HttpResponse): Digest | undefined {
  const digest = headerOf(response, 'docker-content-digest');
  return digest !== undefined && isDigest(digest) ? digest : undefined;
}

function verifyDigest(what: string, bytes: Uint8Array, expected: Digest): void {
  const actual = digestOf(bytes, digestAlgorithm(expected));
  if (actual !== expected) throw new DigestMismatchError(what, expected, actual);
}
