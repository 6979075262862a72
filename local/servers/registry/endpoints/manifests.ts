import { type Problem, ProtocolError, refuse } from '../errors';
import { type GcrMessage, pushed, removed, untagged } from '../events';
import type { Endpoint, Exchange } from '../reply';
import type { Storage, StoredManifest } from '../storage/storage';
import { type ManifestContent, readManifest, referrerDescriptor } from './manifest-content';
import { parseManifestReference, requireTag } from './references';

/** Reading and deleting manifests and tags (end-3, end-9). */
export interface ManifestEndpoints {
  readonly read: Endpoint;
  readonly remove: Endpoint;
}

export interface Announcements {
  /** The registry's name in messages: a configured one, else the host that the client used. */
  readonly nameFor: (exchange: Exchange) => string;
  readonly publish: (message: GcrMessage) => void;
}

export function createManifestEndpoints(
  storage: Storage,
  announcements: Announcements,
): ManifestEndpoints {
  return {
    async read({ route: { repository, reference } }) {
      const { digest, mediaType, bytes } = await requireManifest(storage, repository, reference);
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

    async remove(exchange) {
      const { repository, reference } = exchange.route;
      const name = announcements.nameFor(exchange);
      const { tag } = parseManifestReference(reference);
      if (tag === undefined) {
        const manifest = await requireManifest(storage, repository, reference);
        await removeManifest(storage, name, repository, manifest, announcements.publish);
      } else {
        if (!(await storage.tags.remove(repository, tag))) throw unknownManifest(tag);
        announcements.publish(untagged(name, repository, tag));
      }
      return { status: 202, headers: {} };
    },
  };
}

async function requireManifest(
  { manifests, tags }: Storage,
  repository: string,
  reference: string,
): Promise<StoredManifest> {
  const { tag, digest: named } = parseManifestReference(reference);
  const digest = named ?? (await tags.resolve(repository, tag));
  const manifest = digest && (await manifests.get(repository, digest));
  if (manifest === undefined) throw unknownManifest(reference);
  return manifest;
}

/** Takes the tags that hold it along: a tag never dangles. */
async function removeManifest(
  { manifests, tags, referrers }: Storage,
  name: string,
  repository: string,
  { digest, mediaType, bytes }: StoredManifest,
  publish: Announcements['publish'],
): Promise<void> {
  for (const tag of (await tags.list(repository)) ?? []) {
    if ((await tags.resolve(repository, tag)) !== digest) continue;
    await tags.remove(repository, tag);
    publish(untagged(name, repository, tag));
  }
  await manifests.remove(repository, digest);
  const { subject } = readManifest(bytes, mediaType, digest);
  if (subject !== undefined) await referrers.remove(repository, subject, digest);
  publish(removed(name, repository, digest));
}

function unknownManifest(reference: string): Error {
  return refuse('MANIFEST_UNKNOWN', 'manifest unknown to registry', { detail: reference });
}

export interface PutManifestOptions extends Announcements {
  /** Refuses to move a tag, as Artifact Registry does. */
  readonly immutableTags: boolean;
  /** Whether manifests are taken whose blobs, or whose children, are not here. */
  readonly missing: { readonly blobs: boolean; readonly children: boolean };
  /** Whether the referrers API is served: only then the response confirms the subject. */
  readonly hasReferrers: boolean;
}

/** distribution-spec, "Pushing Manifests": a registry takes at least 4 MiB; common ones take no more. */
const MAX_MANIFEST = 4 * 1024 * 1024;

/** Pushing manifests and tags (end-7a, end-7b). */
export function createPutManifest(storage: Storage, options: PutManifestOptions): Endpoint {
  return async (exchange) => {
    const { route, query, headers, origin } = exchange;
    const { repository } = route;
    const { tag, digest: named } = parseManifestReference(route.reference);
    const tags = tag === undefined ? query.getAll('tag').map(requireTag) : [tag];
    const bytes = await readAll(exchange.body);
    const manifest = readManifest(bytes, headers['content-type'], named);
    await requireContent(storage, repository, manifest, options);

    const { digest, subject } = manifest;
    await storage.manifests.put(repository, manifest);
    if (subject !== undefined) {
      await storage.referrers.add(repository, subject, referrerDescriptor(manifest));
    }
    for (const each of tags) await setTag(storage, repository, each, manifest, options);
    pushed(options.nameFor(exchange), repository, digest, tags).forEach(options.publish);
    return {
      status: 201,
      headers: {
        'docker-content-digest': digest,
        location: `${origin}/v2/${repository}/manifests/${digest}`,
        ...(subject !== undefined && options.hasReferrers && { 'oci-subject': subject }),
        ...(tag === undefined && tags.length > 0 && { 'oci-tag': tags }),
      },
    };
  };
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

/** @throws {ProtocolError} MANIFEST_BLOB_UNKNOWN for each missing blob and child, as docker-registry reports it. */
async function requireContent(
  { blobs, manifests }: Storage,
  repository: string,
  content: ManifestContent,
  { missing: taken }: PutManifestOptions,
): Promise<void> {
  const missing = new Set<string>();
  for (const blob of taken.blobs ? [] : content.blobs) {
    if (!(await blobs.find(repository, blob))) missing.add(blob);
  }
  for (const child of taken.children ? [] : content.children) {
    // Build caches are indexes whose entries may be layers.
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
  { tags }: Storage,
  repository: string,
  tag: string,
  { digest }: ManifestContent,
  { immutableTags }: PutManifestOptions,
): Promise<void> {
  if (!immutableTags) {
    await tags.set(repository, tag, digest);
  } else if (!(await tags.setOnce(repository, tag, digest))) {
    throw refuse(
      'MANIFEST_INVALID',
      `manifest invalid: cannot update tag ${tag}. The repository has enabled tag immutability`,
    );
  }
}
