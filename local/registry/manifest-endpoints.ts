import type { BlobStore } from './blob-store';
import { ProtocolError, refuse, type Problem } from './errors';
import { pushed, removed, untagged, type GcrMessage } from './events';
import type { ManifestStore, StoredManifest } from './manifest-store';
import { readManifest, referrerDescriptor, type ManifestContent } from './manifests';
import { parseManifestReference, requireTag } from './references';
import type { Endpoint, Exchange } from './reply';

/** Reading, pushing and deleting manifests and tags (end-3, end-7, end-9). */
export interface ManifestEndpoints {
  readonly read: Endpoint;
  readonly put: Endpoint;
  readonly remove: Endpoint;
}

export interface ManifestEndpointsDeps {
  readonly blobs: BlobStore;
  readonly manifests: ManifestStore;
  readonly immutableTags: boolean;
  /** Takes manifests whose blobs or children are not here. */
  readonly sparse: boolean;
  readonly referrers: boolean;
  /** The registry's name in messages: a configured one, else the host that the client used. */
  readonly nameFor: (exchange: Exchange) => string;
  readonly publish: (messages: readonly GcrMessage[]) => void;
}

/** distribution-spec, "Pushing Manifests": a registry takes at least 4 MiB; common ones no more. */
const MAX_MANIFEST = 4 * 1024 * 1024;

export function createManifestEndpoints(deps: ManifestEndpointsDeps): ManifestEndpoints {
  const { blobs, manifests, immutableTags, nameFor, publish } = deps;

  async function requireManifest({ route }: Exchange): Promise<StoredManifest> {
    const { tag, digest: named } = parseManifestReference(route.reference);
    const digest = named ?? (await manifests.resolve(route.repository, tag));
    const manifest = digest && (await manifests.get(route.repository, digest));
    if (manifest === undefined) throw unknownManifest(route.reference);
    return manifest;
  }

  async function requireContent(repository: string, content: ManifestContent): Promise<void> {
    const missing = new Set<string>();
    for (const blob of content.blobs) {
      if (!(await blobs.find(repository, blob))) missing.add(blob);
    }
    for (const child of content.children) {
      // Old build caches are indexes of layers.
      const found = await manifests.has(repository, child);
      if (!found && !(await blobs.find(repository, child))) missing.add(child);
    }
    const problems = [...missing].map((digest): Problem => ({
      code: 'MANIFEST_BLOB_UNKNOWN',
      message: 'manifest references a manifest or blob unknown to registry',
      detail: digest,
    }));
    const [first, ...others] = problems;
    if (first !== undefined) throw new ProtocolError([first, ...others]);
  }

  async function setTag(
    repository: string,
    tag: string,
    { digest }: ManifestContent,
  ): Promise<void> {
    if (await manifests.tag(repository, tag, digest, !immutableTags)) return;
    throw refuse(
      'MANIFEST_INVALID',
      `manifest invalid: cannot update tag ${tag}. The repository has enabled tag immutability`,
    );
  }

  return {
    async read(exchange) {
      const { digest, mediaType, bytes } = await requireManifest(exchange);
      return {
        status: 200,
        headers: {
          'content-type': mediaType,
          'docker-content-digest': digest,
          etag: `"${digest}"`,
        },
        body: bytes,
      };
    },

    async put(exchange) {
      const { route, query, headers, origin } = exchange;
      const { repository } = route;
      const { tag, digest } = parseManifestReference(route.reference);
      const tags = tag === undefined ? query.getAll('tag').map(requireTag) : [tag];
      const bytes = await readAll(exchange.body);
      const manifest = readManifest(bytes, headers['content-type'], digest);
      if (!deps.sparse) await requireContent(repository, manifest);
      await manifests.put(repository, manifest);
      const { subject } = manifest;
      if (subject !== undefined) {
        await manifests.addReferrer(repository, subject, referrerDescriptor(manifest));
      }
      for (const each of tags) await setTag(repository, each, manifest);
      publish(pushed(nameFor(exchange), repository, manifest.digest, tags));
      return {
        status: 201,
        headers: {
          'docker-content-digest': manifest.digest,
          location: `${origin}/v2/${repository}/manifests/${manifest.digest}`,
          ...(subject !== undefined && deps.referrers && { 'oci-subject': subject }),
          ...(tag === undefined && tags.length > 0 && { 'oci-tag': tags }),
        },
      };
    },

    async remove(exchange) {
      const { repository, reference } = exchange.route;
      const name = nameFor(exchange);
      const { tag } = parseManifestReference(reference);
      if (tag !== undefined) {
        if (!(await manifests.untag(repository, tag))) throw unknownManifest(reference);
        publish([untagged(name, repository, tag)]);
        return { status: 202, headers: {} };
      }
      const { digest, mediaType, bytes } = await requireManifest(exchange);
      const messages: GcrMessage[] = [];
      for (const each of (await manifests.tags(repository)) ?? []) {
        if ((await manifests.resolve(repository, each)) !== digest) continue;
        await manifests.untag(repository, each);
        messages.push(untagged(name, repository, each));
      }
      await manifests.remove(repository, digest);
      const { subject } = readManifest(bytes, mediaType, digest);
      if (subject !== undefined) await manifests.removeReferrer(repository, subject, digest);
      publish([...messages, removed(name, repository, digest)]);
      return { status: 202, headers: {} };
    },
  };
}

function unknownManifest(reference: string): Error {
  return refuse('MANIFEST_UNKNOWN', 'manifest unknown to registry', { detail: reference });
}

/** @throws {ProtocolError} SIZE_INVALID (413) beyond the size that registries take. */
async function readAll(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size <= MAX_MANIFEST) parts.push(part);
  }
  if (size > MAX_MANIFEST) {
    throw refuse('SIZE_INVALID', `manifest is larger than ${MAX_MANIFEST} bytes`, { detail: size });
  }
  return Buffer.concat(parts);
}
